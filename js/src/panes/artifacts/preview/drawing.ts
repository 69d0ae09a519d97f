// What runs inside the innermost preview frame: it is sent chunks of a document, writes them into its
// own, and keeps links from leading away. A page can give its elements names that hide what documents
// and forms are asked for, so that is taken from them before any page is there.

/** What the frame is told to do; nothing, to see whether it answers. */
export interface Order {
  /** Begin a new document; `keep` leaves the reader where they were. */
  open?: "anew" | "keep" | undefined;
  text?: string;
  close?: boolean;
  /** The element to bring into view, by its id. */
  go?: string | undefined;
}

/** What the frame tells; nothing, when it only answers. */
export interface Word {
  href?: string;
  escape?: true;
  /** Of a page whose scripts run: it tries to go elsewhere. */
  left?: true;
}

/** What a page needs besides whose own scripts run. */
export interface Running {
  connected(tell: (word: Word) => void): void;
  /** The document was begun anew, which removed every listener. */
  opened(): void;
  /** All of the text is written. */
  written(): void;
}

const { apply } = Reflect;
const { getAttribute, setAttribute, getBoundingClientRect } = Element.prototype;
const open = document.open.bind(document);
const write = document.write.bind(document);
const close = document.close.bind(document);
const byId = document.getElementById.bind(document);
const styleOf = getComputedStyle;

/** The browser connects to the host of a link that is pointed at or pressed. With this before it there is no host. */
const DEAD = "dead:";
export const LINKS = ["href", "xlink:href"];

export const isLink = (node: object | null): node is Element =>
  node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement || node instanceof SVGAElement;

const hrefOf = (element: Element, name: string): string | null => apply(getAttribute, element, [name]);

/** Takes the address of a link away from the browser, but leaves it a link. */
export function deaden(link: Element): void {
  for (const name of LINKS) {
    const href = hrefOf(link, name);
    if (href && href[0] !== "#" && !href.startsWith(DEAD)) apply(setAttribute, link, [name, DEAD + href]);
  }
}

let tell: (word: Word) => void = () => undefined;
/** Whether someone has taken over from the view's own scrolling. */
let touched = false;
/** Where the reader was in the document before, until this one is as long. */
let place = 0;

export const listen = (names: string, listener: (event: Event) => void, early = true): void => {
  for (const name of names.split(" ")) addEventListener(name, listener, early);
};

/**
 * Scrolls an element to the start (0) or the middle (0.5) of what shows it; to the start where it is
 * higher than that, and as far below the start as it asks for. `scrollIntoView` would scroll the notebook
 * around the frame as well.
 */
export function reveal(element: Element, part: number): void {
  const box = (of: Element): DOMRect => apply(getBoundingClientRect, of, []);
  const margin = Number.parseFloat(styleOf(element).scrollMarginTop);
  const above = (room: number) => margin || Math.max(0, (room - box(element).height) * part);
  for (let around = element.parentElement; around?.parentElement; around = around.parentElement) {
    around.scrollTop += box(element).top - box(around).top - above(around.clientHeight);
  }
  const { left, right, top } = box(element);
  scrollBy(left < 0 || right > innerWidth ? left - innerWidth * part : 0, top - above(innerHeight));
}

function take(): void {
  touched = true;
  place = 0;
}

export function onClick(event: Event): void {
  let href: string | null | undefined;
  for (const node of event.composedPath()) {
    if (!(node instanceof Element)) continue;
    href ??= hrefOf(node, "href") ?? hrefOf(node, "xlink:href");
    // An animation can give an address to a link, and `<use>` hides what it repeats.
    if (href != null || node instanceof SVGUseElement || isLink(node)) event.preventDefault();
  }
  if (href == null) return;
  tell({ href: (href.startsWith(DEAD) ? href.slice(DEAD.length) : href).slice(0, 2000) });
  if (href[0] !== "#") return;
  take();
  const target = byId(href.slice(1));
  if (target) reveal(target, 0);
  else if (href === "#" || href === "#top") scrollTo(0, 0);
}

function onKey(event: Event): void {
  if ((event as KeyboardEvent).key === "Escape" && !event.defaultPrevented) tell({ escape: true });
}

const links = new MutationObserver((records) => {
  for (const { addedNodes, target } of records) {
    for (const node of addedNodes) if (isLink(node)) deaden(node);
    // What a menu repeats is put there as a whole, as it was before.
    if (target.nodeName === "SELECTEDCONTENT") {
      for (const link of (target as Element).querySelectorAll("a,area")) deaden(link);
    }
  }
});

function begin(): void {
  open();
  // That removed the listeners of the document before.
  links.observe(document, { childList: true, subtree: true });
  listen("click auxclick", onClick);
  listen("submit dragstart", (event) => event.preventDefault());
  listen("wheel keydown pointerdown", take);
  listen("keydown", onKey, false);
}

function bring(goal: Element): void {
  document.querySelector("[aria-current]")?.removeAttribute("aria-current");
  goal.setAttribute("aria-current", "true");
  take();
  reveal(goal, 0.5);
}

export function draw(running?: Running): void {
  const obey = (order: Order) => {
    if (order.open) {
      touched &&= order.open === "keep";
      place = touched ? scrollY : 0;
      begin();
      running?.opened();
    }
    const { text, go } = order;
    if (text) write(text);
    if (order.close) {
      running?.written();
      close();
    }
    const goal = go ? byId(go) : null;
    if (goal) bring(goal);
    else if (text == null) tell({});
    else if (place) {
      scrollTo(0, place);
      if (scrollY >= place) place = 0;
    }
    // Until someone takes over, the view follows what is being written, and shows the start of what is done.
    else if (!touched) scrollTo(0, order.close ? 0 : 1e9);
  };

  addEventListener("message", ({ ports: [port] }) => {
    if (!port) return;
    tell = port.postMessage.bind(port);
    running?.connected(tell);
    port.onmessage = ({ data }: MessageEvent<Order>) => obey(data);
    tell({});
  });
}
