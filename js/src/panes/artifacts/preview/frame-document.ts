// Runs inside the innermost preview frame: receives chunks of a document, writes them into its own document,
// and prevents navigation by links. Named elements of a page can hide properties of documents and forms, so
// these are stored in constants before any page is written.

/** A command to the frame; an empty command only asks for a reply. */
export interface FrameCommand {
  /** Starts a new document; `keep` restores the scroll position. */
  open?: "anew" | "keep" | undefined;
  text?: string;
  close?: boolean;
  /** The id of the element to bring into view. */
  target?: string | undefined;
}

/** A message from the frame; an empty message is a reply. */
export interface PreviewMessage {
  href?: string;
  escape?: true;
  /** The page, whose scripts run, tries to navigate. */
  left?: true;
}

/** What is added for a page whose own scripts run. */
export interface ScriptedPage {
  onConnect(send: (message: PreviewMessage) => void): void;
  /** A new document was started, which removed every listener. */
  onOpen(): void;
  /** All of the text is written. */
  onWritten(): void;
}

const { apply } = Reflect;
const { getAttribute, setAttribute, getBoundingClientRect } = Element.prototype;
const open = document.open.bind(document);
const write = document.write.bind(document);
const close = document.close.bind(document);
const byId = document.getElementById.bind(document);
const styleOf = getComputedStyle;

/** Prefix of disabled links: the browser connects to the host of a link under the pointer, and this has no host. */
const DEAD = "dead:";
export const LINKS = ["href", "xlink:href"];

export const isLink = (node: object | null): node is Element =>
  node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement || node instanceof SVGAElement;

const hrefOf = (element: Element, name: string): string | null => apply(getAttribute, element, [name]);

/** Disables the address of a link, but keeps it a link. */
export function disableLink(link: Element): void {
  for (const name of LINKS) {
    const href = hrefOf(link, name);
    if (href && href[0] !== "#" && !href.startsWith(DEAD)) apply(setAttribute, link, [name, DEAD + href]);
  }
}

let send: (message: PreviewMessage) => void = () => undefined;
/** The reader has scrolled: the view no longer follows the end. */
let touched = false;
/** The scroll position in the document before, until this document is as long. */
let restoredY = 0;

export const listen = (names: string, listener: (event: Event) => void, early = true): void => {
  for (const name of names.split(" ")) addEventListener(name, listener, early);
};

/**
 * Scrolls an element to the start (0) or the middle (0.5) of its scroll containers; to the start if it is
 * higher, and below the start by its scroll margin. `scrollIntoView` would also scroll the notebook around
 * the frame.
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

function stopFollowing(): void {
  touched = true;
  restoredY = 0;
}

export function onClick(event: Event): void {
  let href: string | null | undefined;
  for (const node of event.composedPath()) {
    if (!(node instanceof Element)) continue;
    href ??= hrefOf(node, "href") ?? hrefOf(node, "xlink:href");
    // An animation can set the address of a link, and `<use>` hides the elements that it repeats.
    if (href != null || node instanceof SVGUseElement || isLink(node)) event.preventDefault();
  }
  if (href == null) return;
  send({ href: (href.startsWith(DEAD) ? href.slice(DEAD.length) : href).slice(0, 2000) });
  if (href[0] !== "#") return;
  stopFollowing();
  const target = byId(href.slice(1));
  if (target) reveal(target, 0);
  else if (href === "#" || href === "#top") scrollTo(0, 0);
}

function onKey(event: Event): void {
  if ((event as KeyboardEvent).key === "Escape" && !event.defaultPrevented) send({ escape: true });
}

const links = new MutationObserver((records) => {
  for (const { addedNodes, target } of records) {
    for (const node of addedNodes) if (isLink(node)) disableLink(node);
    // A select menu copies the chosen option as a whole, with its links.
    if (target.nodeName === "SELECTEDCONTENT") {
      for (const link of (target as Element).querySelectorAll("a,area")) disableLink(link);
    }
  }
});

function openDocument(): void {
  open();
  // Opening has removed the listeners of the document before.
  links.observe(document, { childList: true, subtree: true });
  listen("click auxclick", onClick);
  listen("submit dragstart", (event) => event.preventDefault());
  listen("wheel keydown pointerdown", stopFollowing);
  listen("keydown", onKey, false);
}

function showTarget(target: Element): void {
  document.querySelector("[aria-current]")?.removeAttribute("aria-current");
  target.setAttribute("aria-current", "true");
  stopFollowing();
  reveal(target, 0.5);
}

export function draw(scripted?: ScriptedPage): void {
  const execute = (command: FrameCommand) => {
    if (command.open) {
      touched &&= command.open === "keep";
      restoredY = touched ? scrollY : 0;
      openDocument();
      scripted?.onOpen();
    }
    const { text } = command;
    if (text) write(text);
    if (command.close) {
      scripted?.onWritten();
      close();
    }
    const target = command.target ? byId(command.target) : null;
    if (target) showTarget(target);
    else if (text == null) send({});
    else if (restoredY) {
      scrollTo(0, restoredY);
      if (scrollY >= restoredY) restoredY = 0;
    }
    // Until the reader scrolls, the view follows the end, and shows the start of a complete document.
    else if (!touched) scrollTo(0, command.close ? 0 : 1e9);
  };

  addEventListener("message", ({ ports: [port] }) => {
    if (!port) return;
    send = port.postMessage.bind(port);
    scripted?.onConnect(send);
    port.onmessage = ({ data }: MessageEvent<FrameCommand>) => execute(data);
    send({});
  });
}
