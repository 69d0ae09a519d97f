// The frame that artifacts are drawn in. Nothing of a worker's is ever HTML anywhere else.
//
// Two sandboxed frames, one in the other. The policy of the outer one (`frame-src 'none'`) keeps the
// inner one from ever being navigated to an address; the inner one has an opaque origin, and runs one
// script, ours, named by a nonce that nobody else knows. It is given the document through a port.

import script from "./inside.ts?script";
import { createNeutraliser } from "./neutralise";

/** What is to be drawn. A new `subject` starts at its top; a new `version` of it keeps the reader's place. */
export interface Drawing {
  subject: string;
  version: string;
  chunks: readonly string[];
  done: boolean;
}

export interface PreviewFrame {
  readonly element: HTMLIFrameElement;
  /** Draws what is new in `drawing`. */
  show(drawing: Drawing): void;
  dispose(): void;
}

const START_MS = 5_000;

/** `onBroken` is called where the frame does not start: a page can forbid scripts in its frames. */
export function createPreview(onLink: (href: string) => void, onBroken: () => void): PreviewFrame {
  const element = document.createElement("iframe");
  let port: MessagePort | undefined;
  let drawing: Drawing | undefined;
  let subject: string | undefined;
  let version: string | undefined;
  let sent = 0;
  let closed = false;
  let neutralise = createNeutraliser();
  let starting: ReturnType<typeof setTimeout> | undefined;

  /** On every load: a frame that was detached and put back starts from nothing. */
  const connect = () => {
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    subject = undefined;
    version = undefined;
    clearTimeout(starting);
    starting = setTimeout(onBroken, START_MS);
    port.onmessage = ({ data }: MessageEvent<{ href?: unknown }>) => {
      clearTimeout(starting);
      if (typeof data.href === "string") onLink(data.href);
    };
    element.contentWindow?.[0]?.postMessage(0, "*", [channel.port2]);
    draw();
  };

  const draw = () => {
    if (!drawing || !port) return;
    const { chunks, done } = drawing;
    const grown = chunks.length - sent;
    let open: "anew" | "keep" | undefined;
    if (drawing.version !== version || grown < 0 || (closed && grown)) {
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
    if (open || text || close) port.postMessage({ open, text, close });
  };

  element.setAttribute("sandbox", "allow-scripts");
  element.addEventListener("load", connect);
  element.srcdoc = frameDocument();
  return {
    element,
    show(next) {
      drawing = next;
      draw();
    },
    dispose() {
      clearTimeout(starting);
      element.removeEventListener("load", connect);
      port?.close();
      element.remove();
    },
  };
}

/** The document of the outer frame, with the inner one's in it. */
export function frameDocument(): string {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
  const policy =
    `default-src 'none';script-src 'nonce-${nonce}';style-src 'unsafe-inline';img-src data:;` +
    "font-src data:;frame-src 'none';form-action 'none';base-uri 'none'";
  const head = `<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer><meta http-equiv=Content-Security-Policy content="${policy}">`;
  const inner = `${head}<script nonce="${nonce}">${script}</script>`
    .replace(/&/g, "&amp;")
    .replace(/"/g, "&quot;");
  const fill = "html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block;overflow:hidden}";
  return `${head}<style>${fill}</style><iframe sandbox=allow-scripts srcdoc="${inner}"></iframe>`;
}
