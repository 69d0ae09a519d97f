// Makes the DOM like a tree of elements: the JSX runtime. Components are plain functions of the state,
// called as the tree is built; a drawing compares the tree with the one before and changes what differs.
//
// A library for this would take a quarter of the size that the whole bundle may have.

import type { Child, Element, Props } from "./jsx";

export type { Child, JSX, Ref } from "./jsx";

export const Fragment = ({ children }: { children?: Child }): Child => children;

// biome-ignore lint/suspicious/noExplicitAny: a component may take any props
export function jsx(tag: string | ((props: any) => Child), props: Props, key?: Element["key"]): Child {
  if (typeof tag === "string") return { tag, props, key, children: flat(props.children) };
  const made = tag(props);
  if (key !== undefined && isElement(made)) made.key = key;
  return made;
}

export { jsx as jsxDEV, jsx as jsxs };

const isElement = (child: Child): child is Element =>
  typeof child === "object" && child !== null && !Array.isArray(child);

/** The elements of `child`, each with its slot: its position in the source, whichever siblings are there. */
function flat(child: Child, slot: Element["slot"] = 0): Element[] {
  if (Array.isArray(child)) {
    return child.flatMap((item, index) => flat(item, slot ? `${slot}.${index}` : index + 1));
  }
  if (child === null || child === undefined || child === "" || typeof child === "boolean") return [];
  const element = isElement(child)
    ? child
    : { tag: "", props: { data: `${child}` }, key: undefined, children: [] };
  element.slot = slot;
  return [element];
}

const NO_CHILDREN: Element[] = [];

export const SVG = "http://www.w3.org/2000/svg";

/** Reports an exception of an event handler. */
type OnError = (error: unknown) => void;

interface Patch {
  /** The new elements with a ref. */
  arrived: Element[];
  onError: OnError | undefined;
}

/**
 * Draws trees into `place`, each in place of the one before; with `part` in place of that element of the last
 * tree. If a drawing throws, what is in the document stays, and the next drawing starts from nothing. With
 * `onError` an exception of an event handler, or of the promise that it returns, is reported there.
 */
export function createRoot(place: HTMLElement, onError?: OnError): (tree: Child, part?: Child) => void {
  let drawn = NO_CHILDREN;
  let broken = false;
  return (tree, part) => {
    if (broken) {
      for (const element of drawn) departBroken(element);
      place.replaceChildren();
      drawn = NO_CHILDREN;
    }
    const next = flat(tree);
    const patch: Patch = { arrived: [], onError };
    broken = true;
    if (part) patchPart(part as Element, next[0] as Element, patch);
    else {
      patchChildren(place, drawn, next, patch);
      drawn = next;
    }
    for (const element of patch.arrived) element.leave = element.props.ref?.(element.dom as HTMLElement);
    broken = false;
  };
}

/** Draws `next` in place of `element`, which has it from then on. */
function patchPart(element: Element, { children, props }: Element, patch: Patch): void {
  const dom = element.dom as HTMLElement;
  patchChildren(dom, element.children, children, patch);
  patchProps(dom, element.props, props, patch.onError);
  Object.assign(element, { children, props });
}

function patchChildren(parent: Node, old: Element[], next: Element[], patch: Patch): void {
  // Each element continues the old one of its key, or of its slot if it has no key: never that of a sibling,
  // since a press or the focus would go to another button.
  const left = new Set(old);
  let from = 0;
  const befores = next.map(({ tag, key, slot }) => {
    const continued = (other: Element | undefined): boolean =>
      other?.tag === tag &&
      other.key === key &&
      (key !== undefined || other.slot === slot) &&
      left.has(other);
    const index = continued(old[from]) ? from : old.findIndex(continued);
    const before = old[index];
    if (before) {
      from = index + 1;
      left.delete(before);
    }
    return before;
  });
  // Elements that leave are removed first, so that the others are not moved: a moved frame loads again.
  for (const element of left) {
    parent.removeChild(element.dom as Node);
    depart(element);
  }
  let spot = parent.firstChild;
  next.forEach((element, index) => {
    const before = befores[index];
    const dom = before?.dom ?? create(element.tag, parent);
    element.dom = dom;
    if (dom === spot) spot = spot.nextSibling;
    else parent.insertBefore(dom, spot);
    if (before === element) return;
    // The value of a list of choices can be set only when its choices are there.
    patchChildren(dom, before?.children ?? NO_CHILDREN, element.children, patch);
    patchProps(dom as HTMLElement, before?.props ?? {}, element.props, patch.onError);
    if (before) element.leave = before.leave;
    else if (element.props.ref) patch.arrived.push(element);
  });
}

function create(tag: string, parent: Node): Node {
  if (!tag) return document.createTextNode("");
  const { namespaceURI } = parent as HTMLElement;
  return document.createElementNS(tag === "svg" ? SVG : namespaceURI, tag);
}

function depart(element: Element): void {
  element.leave?.();
  element.children.forEach(depart);
}

/** After a drawing that threw: some of these have left already. */
function departBroken(element: Element): void {
  try {
    element.leave?.();
  } catch {
    // The exception of the drawing is the one to report.
  }
  element.children.forEach(departBroken);
}

// biome-ignore lint/suspicious/noExplicitAny: its properties are set by name
function patchProps(dom: any, old: Props, next: Props, onError: OnError | undefined): void {
  for (const name in { ...old, ...next }) {
    const value = next[name];
    // A field is compared with its current content: the person may have typed.
    const before = name === "value" || name === "checked" ? dom[name] : old[name];
    if (value === before || name === "children" || name === "ref") continue;
    if (name === "style") dom.style.cssText = value ?? "";
    else if (name in dom && (name === "value" || name === "data" || typeof (value ?? before) !== "string")) {
      dom[name] =
        (typeof value === "function" && onError ? guarded(value as Handler, onError) : value) ?? null;
    } else if (value === undefined || value === null) dom.removeAttribute(name);
    else dom.setAttribute(name, value);
  }
}

type Handler = (event: Event) => unknown;

const guarded =
  (handler: Handler, onError: OnError): Handler =>
  (event) => {
    try {
      const result = handler(event);
      if (result instanceof Promise) result.catch(onError);
    } catch (error) {
      onError(error);
    }
  };
