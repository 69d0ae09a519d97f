// The frame that artifacts are drawn in. Nothing of a worker's is ever HTML anywhere else.
//
// Two sandboxed frames, one in the other. The policy of the outer one (`frame-src 'none'`) keeps the
// inner one from ever being navigated to an address; the inner one has an opaque origin, and runs one
// script, ours, named by a nonce that nobody else knows. It is given the document through a port.

import type { Order, Word } from "./drawing";
import { createNeutraliser } from "./neutralise";
import script from "./static-page.ts?script";

/** What is to be drawn. A new `subject` starts at its top; a new `version` of it keeps the reader's place. */
export interface Drawing {
  subject: string;
  version: string;
  /** Its text so far, which only grows. */
  chunks: readonly string[];
  done: boolean;
  /** Lets the page's own scripts run once it is done; without, none of them ever do. */
  scripts?: Guard | undefined;
}

/** Why the scripts of a page were stopped: it tried to go elsewhere, or did not answer. */
export type Stopped = "left" | "hung";

/** What lets a page's scripts run, and holds them. */
export interface Guard {
  /** Runs inside, in place of the usual script. */
  readonly script: string;
  /** Watches over them from outside, until what it returns is called. */
  watch(element: HTMLIFrameElement, port: MessagePort, stop: (why: Stopped) => void): () => void;
}

export interface PreviewEvents {
  /** Someone followed a link, which led nowhere, or to a place in the document itself: `#id`. */
  link(href: string): void;
  /** The frame does not start: a page can forbid scripts in its frames. */
  broken(): void;
  /** Escape was pressed inside. */
  escape?(): void;
  /** The page is drawn again without its scripts, and stays so until its version is another. */
  stopped?(why: Stopped): void;
}

export interface PreviewFrame {
  readonly element: HTMLIFrameElement;
  /** Draws what is new in `drawing`. */
  show(drawing: Drawing): void;
  /** Brings the element of this id into view and marks it with `aria-current`, now or once the document is there. */
  go(id: string): void;
  dispose(): void;
}

const START_MS = 5_000;

const keyOf = ({ subject, version }: Drawing) => [subject, version].join("\n");

export function createPreview(events: PreviewEvents): PreviewFrame {
  const element = document.createElement("iframe");
  let port: MessagePort | undefined;
  let guard: Guard | undefined;
  let drawing: Drawing | undefined;
  let subject: string | undefined;
  let version: string | undefined;
  /** The drawing whose scripts were stopped. */
  let stopped: string | undefined;
  let goal: string | undefined;
  let sent = 0;
  let closed = false;
  let neutralise = createNeutraliser();
  let starting: ReturnType<typeof setTimeout> | undefined;
  let unwatch: (() => void) | undefined;

  const order = (what: Order) => port?.postMessage(what);

  const disconnect = () => {
    clearTimeout(starting);
    unwatch?.();
    port?.close();
    port = unwatch = subject = version = undefined;
  };

  /** On every load: a frame that was detached and put back starts from nothing. */
  const connect = () => {
    disconnect();
    const channel = new MessageChannel();
    port = channel.port1;
    starting = setTimeout(events.broken, START_MS);
    port.onmessage = ({ data }: MessageEvent<Word>) => {
      clearTimeout(starting);
      if (typeof data.href === "string") events.link(data.href);
      if (data.escape) events.escape?.();
    };
    unwatch = guard?.watch(element, port, stop);
    element.contentWindow?.[0]?.postMessage(0, "*", [channel.port2]);
    draw();
  };

  /** Out of the page, a frame is gone at once, whatever a script in it does, and is not asked whether it may go. */
  const load = () => {
    const { parentNode, nextSibling } = element;
    disconnect();
    element.remove();
    element.srcdoc = frameDocument(guard?.script ?? script);
    parentNode?.insertBefore(element, nextSibling);
  };

  const stop = (why: Stopped) => {
    stopped = drawing && keyOf(drawing);
    guard = undefined;
    load();
    events.stopped?.(why);
  };

  const draw = () => {
    if (!drawing || !port) return;
    const { chunks, done } = drawing;
    const grown = chunks.length - sent;
    let open: Order["open"];
    if (
      drawing.subject !== subject ||
      drawing.version !== version ||
      grown < 0 ||
      (closed && (grown || !done))
    ) {
      // What has run is never drawn over: its scripts would be there still.
      if (guard && version !== undefined) return load();
      open = drawing.subject === subject ? "keep" : "anew";
      ({ subject, version } = drawing);
      sent = 0;
      closed = false;
      neutralise = createNeutraliser();
    }
    const close = done && !closed;
    const text = neutralise(chunks.slice(sent).join(""), close);
    sent = chunks.length;
    closed = done;
    if (!open && !text && !close) return;
    order({ open, text, close, go: close ? goal : undefined });
    if (close) goal = undefined;
  };

  element.setAttribute("sandbox", "allow-scripts");
  element.addEventListener("load", connect);
  load();
  return {
    element,
    show(next) {
      drawing = next;
      const wanted = keyOf(next) === stopped ? undefined : next.scripts;
      if (wanted !== guard) {
        guard = wanted;
        load();
      }
      draw();
    },
    go(id) {
      if (port && closed) order({ go: id });
      else goal = id;
    },
    dispose() {
      disconnect();
      element.removeEventListener("load", connect);
      element.remove();
    },
  };
}

/**
 * The document of the outer frame, with the inner one's in it, which runs `inside`. The inner one is held by
 * both policies: by its own it runs only what has the nonce, and by the outer one's only what is
 * written in the document, for a script with a nonce may import others from anywhere.
 */
export function frameDocument(inside: string): string {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
  const head = (scripts: string) =>
    "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>" +
    `<meta http-equiv=Content-Security-Policy content="default-src 'none';script-src '${scripts}';` +
    "style-src 'unsafe-inline';img-src data:;font-src data:;frame-src 'none';form-action 'none';base-uri 'none'\">";
  const inner = `${head(`nonce-${nonce}`)}<script nonce="${nonce}">${inside}</script>`
    .replace(/&/g, "&amp;")
    .replace(/"/g, "&quot;");
  const fill = "html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block;overflow:hidden}";
  return `${head("unsafe-inline")}<style>${fill}</style><iframe sandbox=allow-scripts srcdoc="${inner}"></iframe>`;
}
