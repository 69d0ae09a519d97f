// Runs inside the innermost preview frame where the page's own scripts may run. They do so once the
// whole document is there, so that no cut of it runs half a script, and one by one under our nonce.
//
// The policy keeps them from every request, and from running a script anywhere else: what they add to
// the page, and every frame in it, has no nonce. It knows nothing of three ways out, which are closed
// here: WebRTC, elements whose host is connected to before any policy is asked, and navigation, which
// the frame around refuses, but again only after a connection. A page that tries to leave is held
// until it has been taken down from outside. What its scripts could change under us is frozen.

import { deaden, draw, isLink, LINKS, listen, onClick, reveal, type Word } from "./drawing";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Properties = Record<string, unknown>;

const HELD_MS = 2_000;
const HANDLER = "__handler";
const SCRIPT_TYPE = /^$|^module$|^(text|application)\/(x-)?(java|ecma)script$/i;
const GONE = /RTC|^(XSLTProcessor|ReportingObserver|PaymentRequest)$/;
/** Everything else inherits from these, and a page may well write over what it inherits. */
const LEFT_OPEN = /^(Object|Function)$|Error$/;
const ACTING = /(^|:)(link|meta|base|i?frame|fencedframe)$/i;
/** Before its colon a tag of XML has a prefix. */
const ACTING_TAGS = /<(\/?)(?:[^\s<>/]*:)?(?:link|meta|base|i?frame|fencedframe)(?=[\t\n\f\r />])/gi;
/** What makes elements of text, and which of its arguments that is. */
const SINKS: Record<string, number> = {
  innerHTML: 0,
  outerHTML: 0,
  insertAdjacentHTML: 1,
  createContextualFragment: 0,
  parseFromString: 0,
};

const { apply } = Reflect;
const page = globalThis as unknown as Properties;
const now = performance.now.bind(performance);
const create = document.createElement.bind(document);
const all = document.querySelectorAll.bind(document);
const { querySelectorAll, getAttributeNames, getAttribute } = Element.prototype;
const { append } = Element.prototype;
const bodyOf = Object.getOwnPropertyDescriptor(Document.prototype, "body")?.get as () => HTMLElement | null;
const { nonce } = document.currentScript as HTMLScriptElement;
const { userActivation } = navigator;

let tell: (word: Word) => void = () => undefined;
/** The script of the page that runs. */
let current: Element | null = null;

/** Keeps a page that leaves until the frame is out of the document, and with it what was begun. */
function hold(): void {
  tell({ left: true });
  const until = now() + HELD_MS;
  while (now() < until);
}

/** A page without a body leaves without asking. This element of the body notices when it goes. */
class Sentinel extends HTMLElement {
  readonly root = this.attachShadow({ mode: "closed" });

  disconnectedCallback(): void {
    const body = apply(bodyOf, document, []);
    if (body) apply(append, body, [this]);
    else hold();
  }
}
customElements.define("x-sentinel", Sentinel);
const sentinel = new Sentinel();
const { root } = sentinel;

/** Runs a script where the page cannot get at its nonce. */
function run(text: string, type = ""): void {
  const script = create("script") as HTMLScriptElement;
  script.nonce = nonce;
  script.type = type;
  script.textContent = text;
  root.append(script);
  script.remove();
}

/** Gives an element the handlers that are written into its tag. */
function handle(element: Element): void {
  for (const name of apply(getAttributeNames, element, [])) {
    if (!name.startsWith("on")) continue;
    page[HANDLER] = undefined;
    run(`${HANDLER} = function (event) {${apply(getAttribute, element, [name])}\n}`);
    (element as unknown as Properties)[name] = page[HANDLER];
  }
}

function adopt(element: Element): void {
  if (isLink(element)) deaden(element);
  handle(element);
}

const changes = new MutationObserver((records) => {
  for (const { addedNodes, target } of records) {
    if (isLink(target)) deaden(target);
    for (const node of addedNodes) {
      if (!(node instanceof Element)) continue;
      adopt(node);
      for (const element of apply(querySelectorAll, node, ["*"])) adopt(element);
    }
  }
});

const observe = (node: Node) =>
  changes.observe(node, { childList: true, subtree: true, attributes: true, attributeFilter: LINKS });

function start(): void {
  for (const inert of all("x-template")) {
    const template = create("template") as HTMLTemplateElement;
    for (const name of inert.getAttributeNames()) {
      if (name !== "hidden") template.setAttribute(name, inert.getAttribute(name) ?? "");
    }
    template.content.append(...inert.childNodes);
    inert.replaceWith(template);
  }
  apply(append, apply(bodyOf, document, []), [sentinel]);
  for (const element of all("*")) handle(element);
  observe(document);
  for (const script of all("script")) {
    const type = script.getAttribute("type") ?? "";
    if (!SCRIPT_TYPE.test(type) || script.hasAttribute("src")) continue;
    current = script;
    run(script.textContent ?? "", type);
  }
  current = null;
}

/** Puts something of ours before a method or a setter of the browser's. */
function wrap(owner: object, name: string, make: (original: Method) => Method): void {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  const part = property?.set ? "set" : property?.get ? "get" : "value";
  const original = property?.[part];
  if (property && typeof original === "function") {
    Object.defineProperty(owner, name, { ...property, [part]: make(original), configurable: false });
  }
}

/** Changes one argument, once and for all turned into text; pages empty an element with null. */
const through = (index: number, change: (text: string) => string) => (original: Method) =>
  function (this: unknown, ...args: unknown[]) {
    if (index in args) args[index] = change(args[index] === null ? "" : `${args[index]}`);
    return apply(original, this, args);
  } as Method;

const never = (answer?: unknown) => () => () => answer;

const byHand = (original: Method) =>
  function (this: unknown, ...args: unknown[]) {
    return userActivation?.isActive ? apply(original, this, args) : undefined;
  } as Method;

function close(): void {
  const harmless = (name: string) => (ACTING.test(name) ? "x-nothing" : name);
  const { prototype } = Document;
  wrap(prototype, "createElement", through(0, harmless));
  wrap(prototype, "createElementNS", through(1, harmless));
  wrap(DOMImplementation.prototype, "createDocument", through(1, harmless));
  for (const owner of [Element, ShadowRoot, Document, Range, DOMParser]) {
    for (const target of [owner, owner.prototype]) {
      for (const name of Object.getOwnPropertyNames(target)) {
        const index = SINKS[name];
        if (index !== undefined) {
          wrap(
            target,
            name,
            through(index, (text) => text.replace(ACTING_TAGS, "<$1basefont")),
          );
        } else if (/HTML/.test(name) && name !== "getHTML") {
          delete (target as unknown as Properties)[name];
        }
      }
    }
  }
  // In a whole document of XML, tags can be written in ways that no expression finds.
  wrap(
    DOMParser.prototype,
    "parseFromString",
    through(1, () => "text/html"),
  );
  // Text that is written now comes where its script stands, and opens no other document.
  const insert = (...text: unknown[]) => {
    if (current) current.insertAdjacentHTML("beforebegin", text.join(""));
    else apply(bodyOf, document, [])?.insertAdjacentHTML("beforeend", text.join(""));
  };
  wrap(prototype, "write", () => insert);
  wrap(prototype, "writeln", () => insert);
  wrap(prototype, "open", never(document));
  wrap(prototype, "close", never());
  wrap(prototype, "execCommand", never(false));
  wrap(prototype, "currentScript", () => () => current);
  wrap(CustomElementRegistry.prototype, "define", never());
  wrap(
    Element.prototype,
    "attachShadow",
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const made = apply(original, this, args) as ShadowRoot;
        observe(made);
        made.addEventListener("click", onClick, true);
        made.addEventListener("auxclick", onClick, true);
        return made;
      } as Method,
  );
  for (const name of ["pushState", "replaceState", "go", "back", "forward"]) {
    wrap(History.prototype, name, never());
  }
  // It would tell the nonce.
  wrap(SecurityPolicyViolationEvent.prototype, "originalPolicy", never(""));
  // The focus is the reader's.
  for (const { prototype } of [HTMLElement, SVGElement, MathMLElement]) wrap(prototype, "focus", byHand);
  for (const name of ["click", "showPopover", "togglePopover"]) wrap(HTMLElement.prototype, name, byHand);
  for (const name of ["show", "showModal"]) wrap(HTMLDialogElement.prototype, name, byHand);
  for (const { prototype } of [HTMLFormElement, HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement]) {
    for (const name of ["reportValidity", "select"]) wrap(prototype, name, byHand);
  }
  for (const name of ["scrollIntoView", "scrollIntoViewIfNeeded"]) {
    wrap(
      Element.prototype,
      name,
      () =>
        function (this: unknown) {
          reveal(this as Element, 0);
        },
    );
  }
  wrap(globalThis, "focus", never());
  wrap(globalThis, "open", never(null));
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (GONE.test(name)) delete page[name];
    else if (!LEFT_OPEN.test(name)) {
      const made = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
      if (typeof made === "function" && made.prototype) Object.freeze(made.prototype);
    }
  }
  Object.freeze(Object.getPrototypeOf([][Symbol.iterator]()));
}

draw({
  connected(word) {
    tell = word;
    close();
  },
  opened() {
    listen("beforeunload", hold);
  },
  written: start,
});
