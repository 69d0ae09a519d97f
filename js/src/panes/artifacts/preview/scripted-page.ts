// Runs inside the innermost preview frame where the page's own scripts are allowed. They run after the
// complete document is written, so that no incomplete script runs, one by one under the nonce of this script.
//
// The policy blocks every request of theirs, and every other script: what they add to the page, and every
// frame in it, has no nonce. It does not cover three ways out, which are closed here: WebRTC, elements whose
// host is connected to before the policy is checked, and navigation, which the outer frame blocks, but also
// after a connection only. A page that tries to leave is blocked in a loop until it is removed from
// outside. Prototypes that its scripts could change are frozen.

import {
  disableLink,
  draw,
  isLink,
  LINKS,
  listen,
  onClick,
  type PreviewMessage,
  reveal,
} from "./frame-document";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Properties = Record<string, unknown>;

const HELD_MS = 2_000;
const HANDLER = "__handler";
const SCRIPT_TYPE = /^$|^module$|^(text|application)\/(x-)?(java|ecma)script$/i;
const GONE = /RTC|^(XSLTProcessor|ReportingObserver|PaymentRequest)$/;
/** Everything else inherits from these, and pages override inherited properties. */
const LEFT_OPEN = /^(Object|Function)$|Error$/;
const ACTING = /(^|:)(link|meta|base|i?frame|fencedframe)$/i;
/** A tag of XML can have a prefix before a colon. */
const ACTING_TAGS = /<(\/?)(?:[^\s<>/]*:)?(?:link|meta|base|i?frame|fencedframe)(?=[\t\n\f\r />])/gi;
/** Methods and properties that parse text into elements, with the index of that argument. */
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

let send: (message: PreviewMessage) => void = () => undefined;
/** The running script of the page. */
let current: Element | null = null;

/** Blocks a page that leaves until the frame is removed from the document, which cancels the navigation. */
function hold(): void {
  send({ left: true });
  const until = now() + HELD_MS;
  while (now() < until);
}

/** A page without a body navigates without `beforeunload`. This element of the body detects its removal. */
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

/** Runs a script where the page cannot read its nonce. */
function run(text: string, type = ""): void {
  const script = create("script") as HTMLScriptElement;
  script.nonce = nonce;
  script.type = type;
  script.textContent = text;
  root.append(script);
  script.remove();
}

/** Sets the handlers that are attributes of an element. */
function setHandlers(element: Element): void {
  for (const name of apply(getAttributeNames, element, [])) {
    if (!name.startsWith("on")) continue;
    page[HANDLER] = undefined;
    run(`${HANDLER} = function (event) {${apply(getAttribute, element, [name])}\n}`);
    (element as unknown as Properties)[name] = page[HANDLER];
  }
}

function prepare(element: Element): void {
  if (isLink(element)) disableLink(element);
  setHandlers(element);
}

const changes = new MutationObserver((records) => {
  for (const { addedNodes, target } of records) {
    if (isLink(target)) disableLink(target);
    for (const node of addedNodes) {
      if (!(node instanceof Element)) continue;
      prepare(node);
      for (const element of apply(querySelectorAll, node, ["*"])) prepare(element);
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
  for (const element of all("*")) setHandlers(element);
  observe(document);
  for (const script of all("script")) {
    const type = script.getAttribute("type") ?? "";
    if (!SCRIPT_TYPE.test(type) || script.hasAttribute("src")) continue;
    current = script;
    run(script.textContent ?? "", type);
  }
  current = null;
}

/** Replaces a method or a setter of the browser. */
function wrap(owner: object, name: string, make: (original: Method) => Method): void {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  const part = property?.set ? "set" : property?.get ? "get" : "value";
  const original = property?.[part];
  if (property && typeof original === "function") {
    Object.defineProperty(owner, name, { ...property, [part]: make(original), configurable: false });
  }
}

/** Converts one argument to text once and changes it; pages empty an element with null. */
const through = (index: number, change: (text: string) => string) => (original: Method) =>
  function (this: unknown, ...args: unknown[]) {
    if (index in args) args[index] = change(args[index] === null ? "" : `${args[index]}`);
    return apply(original, this, args);
  } as Method;

const never = (answer?: unknown) => () => () => answer;

const onUserAction = (original: Method) =>
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
  // In a document of XML, tags can be written in ways that no expression matches.
  wrap(
    DOMParser.prototype,
    "parseFromString",
    through(1, () => "text/html"),
  );
  // Text that is written now is inserted at its script, and does not open another document.
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
  // It contains the nonce.
  wrap(SecurityPolicyViolationEvent.prototype, "originalPolicy", never(""));
  // Only the reader moves the focus.
  for (const { prototype } of [HTMLElement, SVGElement, MathMLElement])
    wrap(prototype, "focus", onUserAction);
  for (const name of ["click", "showPopover", "togglePopover"])
    wrap(HTMLElement.prototype, name, onUserAction);
  for (const name of ["show", "showModal"]) wrap(HTMLDialogElement.prototype, name, onUserAction);
  for (const { prototype } of [HTMLFormElement, HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement]) {
    for (const name of ["reportValidity", "select"]) wrap(prototype, name, onUserAction);
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
  onConnect(sendMessage) {
    send = sendMessage;
    close();
  },
  onOpen() {
    listen("beforeunload", hold);
  },
  onWritten: start,
});
