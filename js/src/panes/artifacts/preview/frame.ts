// The frame that artifacts are drawn in. Nothing that a worker produced is HTML anywhere else.
//
// Two sandboxed frames, one in the other. The policy of the outer frame (`frame-src 'none'`) prevents any
// navigation of the inner frame; the inner frame has an opaque origin, and runs one script, allowed by a
// secret nonce. It receives the document through a port.

import type { FrameCommand, PreviewMessage } from "./frame-document";
import { createNeutraliser } from "./neutralise";
import script from "./static-page.ts?script";

/** What to draw. Another `subject` starts at its top; another `version` of it keeps the scroll position. */
export interface Drawing {
  subject: string;
  version: string;
  /** The text so far, which only grows. */
  chunks: readonly string[];
  done: boolean;
  /** Allows the page's own scripts to run once it is done; without it no script runs. */
  scripts?: Guard | undefined;
}

/** Why the scripts of a page were stopped: it tried to navigate, or did not answer. */
export type StopReason = "left" | "hung";

/** Allows a page's scripts to run, and supervises them. */
export interface Guard {
  /** Runs in the inner frame, instead of the script for static pages. */
  readonly script: string;
  /** Supervises the scripts from outside, until the returned function is called. */
  watch(element: HTMLIFrameElement, port: MessagePort, stop: (reason: StopReason) => void): () => void;
}

export interface PreviewEvents {
  /** A link was clicked. It opened nothing, or a place in the document itself: `#id`. */
  onLink(href: string): void;
  /** The frame does not start: the page around can forbid scripts in its frames. */
  onBlocked(): void;
  /** Escape was pressed in the frame. */
  onEscape?(): void;
  /** The page was drawn again without its scripts, and stays so until another version. */
  onStopped?(reason: StopReason): void;
}

export interface PreviewFrame {
  readonly element: HTMLIFrameElement;
  /** Draws the changes. */
  show(drawing: Drawing): void;
  /** Brings the element of this id into view and marks it with `aria-current`, as soon as the document is complete. */
  scrollTo(id: string): void;
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
  let target: string | undefined;
  let sent = 0;
  /** The last chunk that was sent: it is another one where an earlier moment is shown. */
  let last: string | undefined;
  let closed = false;
  let neutralise = createNeutraliser();
  let starting: ReturnType<typeof setTimeout> | undefined;
  let unwatch: (() => void) | undefined;

  const send = (command: FrameCommand) => port?.postMessage(command);

  const disconnect = () => {
    clearTimeout(starting);
    unwatch?.();
    port?.close();
    port = unwatch = subject = version = undefined;
  };

  /** On every load: a frame that was detached and inserted again is empty. */
  const connect = () => {
    disconnect();
    const channel = new MessageChannel();
    port = channel.port1;
    starting = setTimeout(events.onBlocked, START_MS);
    port.onmessage = ({ data }: MessageEvent<PreviewMessage>) => {
      clearTimeout(starting);
      if (typeof data.href === "string") events.onLink(data.href);
      if (data.escape) events.onEscape?.();
    };
    unwatch = guard?.watch(element, port, stop);
    element.contentWindow?.[0]?.postMessage(0, "*", [channel.port2]);
    draw();
  };

  /** Removing the frame ends its scripts at once, without `beforeunload`. */
  const load = () => {
    const { parentNode, nextSibling } = element;
    disconnect();
    element.remove();
    element.srcdoc = frameDocument(guard?.script ?? script);
    parentNode?.insertBefore(element, nextSibling);
  };

  const stop = (reason: StopReason) => {
    stopped = drawing && keyOf(drawing);
    guard = undefined;
    load();
    events.onStopped?.(reason);
  };

  const draw = () => {
    if (!drawing || !port) return;
    const { chunks, done } = drawing;
    let open: FrameCommand["open"];
    if (
      drawing.subject !== subject ||
      drawing.version !== version ||
      chunks[sent - 1] !== last ||
      (closed && (chunks.length > sent || !done))
    ) {
      // A page whose scripts ran is not overwritten: the scripts would still run.
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
    last = chunks[sent - 1];
    closed = done;
    if (!open && !text && !close) return;
    send({ open, text, close, target: close ? target : undefined });
    if (close) target = undefined;
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
    scrollTo(id) {
      if (port && closed) send({ target: id });
      else target = id;
    },
    dispose() {
      disconnect();
      element.removeEventListener("load", connect);
      element.remove();
    },
  };
}

/**
 * The document of the outer frame, which contains the inner frame, which runs `innerScript`. Both policies
 * apply to the inner frame: by its own only scripts with the nonce run, by the outer policy only scripts
 * written in the document, because a script with a nonce can import others from anywhere.
 */
export function frameDocument(innerScript: string): string {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
  const head = (scripts: string) =>
    "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>" +
    `<meta http-equiv=Content-Security-Policy content="default-src 'none';script-src '${scripts}';` +
    "style-src 'unsafe-inline';img-src data:;font-src data:;frame-src 'none';form-action 'none';base-uri 'none'\">";
  const inner = `${head(`nonce-${nonce}`)}<script nonce="${nonce}">${innerScript}</script>`
    .replace(/&/g, "&amp;")
    .replace(/"/g, "&quot;");
  const fill = "html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block;overflow:hidden}";
  return `${head("unsafe-inline")}<style>${fill}</style><iframe sandbox=allow-scripts srcdoc="${inner}"></iframe>`;
}
