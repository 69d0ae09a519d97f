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

function flat(child: Child): Element[] {
  if (Array.isArray(child)) return child.flatMap(flat);
  if (child === null || child === undefined || child === "" || typeof child === "boolean") return [];
  return isElement(child)
    ? [child]
    : [{ tag: "", props: { data: `${child}` }, key: undefined, children: [] }];
}

const NO_CHILDREN: Element[] = [];

/** Draws trees into `place`, each in the stead of the one before. */
export function createRoot(place: Node): (tree: Child) => void {
  let drawn = NO_CHILDREN;
  return (tree) => {
    const next = flat(tree);
    const arrived: Element[] = [];
    patchChildren(place, drawn, next, arrived);
    drawn = next;
    for (const element of arrived) element.leave = element.props.ref?.(element.dom as HTMLElement);
  };
}

function patchChildren(parent: Node, old: Element[], next: Element[], arrived: Element[]): void {
  // Each takes over the one of its key, or else the next that is like it: so none of these has to move.
  const left = new Set(old);
  let from = 0;
  const befores = next.map(({ tag, key }) => {
    const place = old.findIndex(
      (other, at) =>
        other.tag === tag && other.key === key && left.has(other) && (key !== undefined || at >= from),
    );
    const before = old[place];
    if (before) {
      from = place + 1;
      left.delete(before);
    }
    return before;
  });
  // What leaves goes first, so that what stays need not be moved: a frame that is moved starts anew.
  for (const element of left) {
    parent.removeChild(element.dom as Node);
    depart(element);
  }
  let spot = parent.firstChild;
  next.forEach((element, place) => {
    const before = befores[place];
    const dom = before?.dom ?? create(element.tag, parent);
    element.dom = dom;
    if (dom === spot) spot = spot.nextSibling;
    else parent.insertBefore(dom, spot);
    if (before === element) return;
    patchProps(dom as HTMLElement, before?.props ?? {}, element.props);
    patchChildren(dom, before?.children ?? NO_CHILDREN, element.children, arrived);
    if (before) element.leave = before.leave;
    else if (element.props.ref) arrived.push(element);
  });
}

function create(tag: string, parent: Node): Node {
  if (!tag) return document.createTextNode("");
  const { namespaceURI } = parent as HTMLElement;
  return document.createElementNS(tag === "svg" ? "http://www.w3.org/2000/svg" : namespaceURI, tag);
}

function depart(element: Element): void {
  element.leave?.();
  element.children.forEach(depart);
}

// biome-ignore lint/suspicious/noExplicitAny: its properties are set by name
function patchProps(dom: any, old: Props, next: Props): void {
  for (const name in { ...old, ...next }) {
    const value = next[name];
    // A field is compared with what is in it: one has typed since.
    const before = name === "value" || name === "checked" ? dom[name] : old[name];
    if (value === before || name === "children" || name === "ref") continue;
    if (name === "style") dom.style.cssText = value ?? "";
    else if (name in dom && (name === "value" || name === "data" || typeof (value ?? before) !== "string")) {
      dom[name] = value ?? null;
    } else if (value === undefined || value === null) dom.removeAttribute(name);
    else dom.setAttribute(name, value);
  }
}
