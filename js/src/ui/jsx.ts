// The types of the JSX runtime in dom.ts. Only the tags and attributes in use are listed, so that a
// misspelt tag, attribute, event or value is an error for the compiler. TypeScript accepts any attribute
// with a hyphen in its name; biome rejects unknown aria-* names (a11y/useValidAriaProps).

/** What an element may contain; `null`, `undefined`, booleans and `""` draw nothing. */
export type Child = Element | string | number | boolean | null | undefined | Child[];

/** Called with the element once it is in the document; the returned function is called when it leaves. */
// biome-ignore lint/suspicious/noConfusingVoidType: most refs return nothing
export type Ref<Node extends HTMLElement = HTMLElement> = (element: Node) => (() => void) | void;

/** One node of the tree; a text node has no tag. */
export interface Element {
  tag: string;
  props: Props;
  key: Key | undefined;
  /** The position among the children in the source, which identifies an element without a key. */
  slot?: Key;
  children: Element[];
  dom?: Node;
  leave?: ReturnType<Ref>;
}

export interface Props {
  [attribute: string]: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the tag decides which element it is called with
  ref?: Ref<any> | undefined;
  children?: Child;
}

type Key = string | number;

type Role =
  | "alert"
  | "combobox"
  | "dialog"
  | "grid"
  | "gridcell"
  | "group"
  | "img"
  | "list"
  | "listbox"
  | "listitem"
  | "menu"
  | "menuitem"
  | "menuitemcheckbox"
  | "menuitemradio"
  | "option"
  | "progressbar"
  | "row"
  | "search"
  | "searchbox"
  | "separator"
  | "slider"
  | "status"
  | "tab"
  | "tablist"
  | "tree"
  | "treeitem";

type Flag = boolean | "true" | "false";

interface Aria {
  role: Role;
  "aria-activedescendant": string;
  "aria-busy": Flag;
  "aria-checked": Flag;
  "aria-controls": string;
  "aria-current": Flag;
  "aria-disabled": Flag;
  "aria-expanded": Flag;
  "aria-haspopup": "dialog" | "listbox" | "menu";
  "aria-hidden": Flag;
  "aria-invalid": Flag;
  "aria-label": string;
  "aria-level": number;
  "aria-orientation": "horizontal" | "vertical";
  "aria-posinset": number;
  "aria-pressed": Flag;
  "aria-required": Flag;
  "aria-rowcount": number;
  "aria-rowindex": number;
  "aria-selected": Flag;
  "aria-setsize": number;
  "aria-valuemax": number;
  "aria-valuemin": number;
  "aria-valuenow": number;
  "aria-valuetext": string;
}

interface EventsOfTags {
  blur: FocusEvent;
  change: Event;
  click: MouseEvent;
  dblclick: MouseEvent;
  focus: FocusEvent;
  input: Event;
  keydown: KeyboardEvent;
  lostpointercapture: PointerEvent;
  pointerdown: PointerEvent;
  pointerleave: PointerEvent;
  pointermove: PointerEvent;
  scroll: Event;
  wheel: WheelEvent;
}

type Handlers<Node> = {
  [Name in keyof EventsOfTags as `on${Name}`]: (
    event: EventsOfTags[Name] & { currentTarget: Node },
  ) => unknown;
};

type Optional<All> = { [Name in keyof All]?: All[Name] | undefined };

interface Common {
  class: string;
  hidden: boolean;
  id: string;
  inert: boolean;
  style: string;
  tabIndex: number;
  title: string;
}

/** What every HTML element takes, and `Own`, which only some take. */
// biome-ignore lint/complexity/noBannedTypes: most tags have no attributes of their own
export type Html<Node extends HTMLElement = HTMLElement, Own = {}> = Optional<
  Common & Aria & Handlers<Node> & Own
> & {
  [data: `data-${string}`]: string | number | boolean | undefined;
  key?: Key | undefined;
  ref?: Ref<Node> | undefined;
  children?: Child;
};

interface Field {
  "aria-label": string;
  disabled: boolean;
  placeholder: string;
  readOnly: boolean;
  spellcheck: boolean;
  value: string;
}

type Svg<Own> = Optional<{ class: string; "aria-hidden": Flag } & Own> & { children?: Child };

export declare namespace JSX {
  type Element = Child;
  interface ElementChildrenAttribute {
    children: unknown;
  }
  interface IntrinsicAttributes {
    key?: Key | undefined;
  }
  interface IntrinsicElements {
    b: Html;
    button: Html<HTMLButtonElement, { disabled: boolean }>;
    code: Html;
    dd: Html;
    details: Html;
    div: Html<HTMLDivElement>;
    dl: Html;
    dt: Html;
    fieldset: Html<HTMLFieldSetElement, { disabled: boolean }>;
    footer: Html;
    h3: Html;
    header: Html;
    i: Html;
    input: Html<
      HTMLInputElement,
      Field & {
        checked: boolean;
        type: "checkbox" | "color" | "number" | "text";
        inputMode: "decimal";
        min: number;
        max: number;
        step: number | "any";
      }
    >;
    kbd: Html;
    label: Html<HTMLLabelElement>;
    li: Html;
    mark: Html;
    option: Html<HTMLOptionElement, { value: string }>;
    p: Html;
    pre: Html<HTMLPreElement>;
    section: Html;
    summary: Html;
    select: Html<HTMLSelectElement, Field>;
    span: Html;
    style: Html<HTMLStyleElement>;
    table: Html;
    tbody: Html;
    td: Html<HTMLTableCellElement, { colSpan: number }>;
    textarea: Html<HTMLTextAreaElement, Field & { rows: number }>;
    th: Html<HTMLTableCellElement, { scope: "col" | "row" | "rowgroup"; colSpan: number }>;
    thead: Html;
    tr: Html;
    ul: Html;
    circle: Svg<{ cx: string; cy: string; r: string }>;
    path: Svg<{ d: string }>;
    svg: Svg<{ viewBox: string; preserveAspectRatio: "none" }>;
  }
}
