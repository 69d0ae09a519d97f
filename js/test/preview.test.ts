// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createPreview,
  type Drawing,
  frameDocument,
  type Guard,
  type PreviewFrame,
} from "../src/panes/artifacts/preview/frame";
import type { FrameCommand, PreviewMessage } from "../src/panes/artifacts/preview/frame-document";
import { until } from "./until";

/** The inside of one loaded frame, as the page around sees it: the commands it received, and a way to answer. */
interface InnerFrame {
  commands: FrameCommand[];
  send(message: PreviewMessage): void;
}

const holder = document.createElement("div");
let preview: PreviewFrame;
const events = { onLink: vi.fn(), onBlocked: vi.fn(), onEscape: vi.fn(), onStopped: vi.fn() };

/** Loads the frame, as a browser does after its document has changed. */
async function load(): Promise<InnerFrame> {
  const commands: FrameCommand[] = [];
  let send: InnerFrame["send"] = () => undefined;
  const connected = new Promise<void>((resolve) => {
    const inner = {
      postMessage(_: unknown, __: string, [port]: [MessagePort]) {
        port.onmessage = ({ data }) => commands.push(data);
        send = (message) => port.postMessage(message);
        resolve();
      },
    };
    Object.defineProperty(preview.element, "contentWindow", { configurable: true, value: [inner] });
  });
  preview.element.dispatchEvent(new Event("load"));
  await connected;
  return { commands, send: (message) => send(message) };
}

const page = (chunks: string[], more: Partial<Drawing> = {}): Drawing => ({
  subject: "a.html",
  version: "1",
  chunks,
  done: false,
  ...more,
});

beforeEach(() => {
  vi.clearAllMocks();
  preview = createPreview(events);
  // Outside of the document, so that nothing but these tests loads the frame.
  holder.replaceChildren(preview.element);
});

afterEach(() => preview.dispose());

describe("the preview frame", () => {
  it("is a sandbox in a sandbox, without an origin or a way to an address", () => {
    const { element } = preview;
    expect(element.getAttribute("sandbox")).toBe("allow-scripts");
    const text = frameDocument("go()");
    expect(text.match(/sandbox=\S+/g)).toEqual(["sandbox=allow-scripts"]);
    expect(text.match(/default-src 'none'/g)).toHaveLength(2);
    expect(text.match(/frame-src 'none'/g)).toHaveLength(2);
    expect(text.match(/script-src '(unsafe-inline|nonce-)/g)).toEqual([
      "script-src 'unsafe-inline",
      "script-src 'nonce-",
    ]);
    expect(frameDocument("go()")).not.toBe(text);
  });

  it("sends only what is new, and the end once", async () => {
    preview.show(page(["<p>a"]));
    const { commands } = await load();
    preview.show(page(["<p>a", "b"]));
    preview.show(page(["<p>a", "b"]));
    preview.show(page(["<p>a", "b", "c"], { done: true }));
    preview.show(page(["<p>a", "b", "c"], { done: true }));
    await until(() => expect(commands).toHaveLength(3));
    expect(commands.map(({ open, text, close }) => [open, text, close])).toEqual([
      ["anew", "<p>a", false],
      [undefined, "b", false],
      [undefined, "c", true],
    ]);
  });

  it("neutralises a tag that is cut in two", async () => {
    preview.show(page(["<p>a<me"]));
    const { commands } = await load();
    preview.show(page(["<p>a<me", "ta http-equiv=refresh>"]));
    await until(() => expect(commands).toHaveLength(2));
    expect(commands.map(({ text }) => text)).toEqual(["<p>a", "<basefont http-equiv=refresh>"]);
  });

  it("begins another subject at its top and keeps the place in another version", async () => {
    preview.show(page(["one"], { done: true }));
    const { commands } = await load();
    preview.show(page(["two"], { version: "2", done: true }));
    preview.show(page(["three"], { subject: "b.html", done: true }));
    await until(() => expect(commands).toHaveLength(3));
    expect(commands.map(({ open }) => open)).toEqual(["anew", "keep", "anew"]);
  });

  it("draws everything again in a frame that was taken out and put back", async () => {
    preview.show(page(["a", "b"], { done: true }));
    await load();
    const { commands } = await load();
    await until(() => expect(commands).toHaveLength(1));
    expect(commands[0]).toMatchObject({ open: "anew", text: "ab", close: true });
  });

  it("goes to an element once the document that holds it is drawn", async () => {
    preview.show(page(["<p id=x>"]));
    const { commands } = await load();
    preview.scrollTo("x");
    preview.show(page(["<p id=x>"], { done: true }));
    preview.scrollTo("y");
    await until(() => expect(commands).toHaveLength(3));
    expect(commands.map(({ target }) => target)).toEqual([undefined, "x", "y"]);
  });

  it("reports that the frame does not answer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { send } = await load();
    send({ href: "#" });
    await until(() => expect(events.onLink).toHaveBeenCalled());
    vi.advanceTimersByTime(60_000);
    expect(events.onBlocked).not.toHaveBeenCalled();
    await load();
    vi.advanceTimersByTime(60_000);
    expect(events.onBlocked).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });

  it("reports links, and ignores other messages of the frame", async () => {
    const { send } = await load();
    send({ href: 1 } as unknown as PreviewMessage);
    send({ left: true });
    send({ href: "http://example.invalid/" });
    await until(() => expect(events.onLink).toHaveBeenCalledWith("http://example.invalid/"));
    expect(events.onLink).toHaveBeenCalledTimes(1);
    expect(events.onStopped).not.toHaveBeenCalled();
    send({ escape: true });
    await until(() => expect(events.onEscape).toHaveBeenCalledTimes(1));
  });
});

describe("a page whose scripts may run", () => {
  let stop: Parameters<Guard["watch"]>[2];
  const unwatch = vi.fn();
  const guard: Guard = {
    script: "guarded()",
    watch: (_element, _port, onStop) => {
      stop = onStop;
      return unwatch;
    },
  };

  it("gets a document of its own, with the script that holds it", async () => {
    preview.show(page(["a"], { done: true }));
    await load();
    expect(preview.element.srcdoc).not.toContain("guarded()");
    preview.show(page(["a"], { done: true, scripts: guard }));
    expect(preview.element.srcdoc).toContain("guarded()");
    const { commands } = await load();
    await until(() => expect(commands).toHaveLength(1));
    const before = preview.element.srcdoc;
    preview.show(page(["b"], { version: "2", done: true, scripts: guard }));
    expect(preview.element.srcdoc).not.toBe(before);
    expect(unwatch).toHaveBeenCalled();
  });

  it("is drawn again without them when it is stopped, until it is another", async () => {
    preview.show(page(["a"], { done: true, scripts: guard }));
    await load();
    stop("left");
    expect(events.onStopped).toHaveBeenCalledWith("left");
    expect(preview.element.parentNode).toBe(holder);
    expect(preview.element.srcdoc).not.toContain("guarded()");
    preview.show(page(["a"], { done: true, scripts: guard }));
    expect(preview.element.srcdoc).not.toContain("guarded()");
    preview.show(page(["a"], { version: "2", done: true, scripts: guard }));
    expect(preview.element.srcdoc).toContain("guarded()");
  });
});
