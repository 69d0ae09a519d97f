// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Channel,
  createChannel,
  type Model,
  NO_ANSWER,
  NO_KERNEL,
  type Sink,
} from "../src/kernel/channel";
import type {
  FromBrowser,
  FromKernel,
  Patch,
  Saved,
  SubscriberNews,
  Traits,
  Watch,
} from "../src/kernel/wire";
import { returnTraits } from "../src/state/returning";
import { createView } from "../src/state/view-store";
import { createWatching, startWatching, type Watching } from "../src/state/watching";
import { past, run, state } from "./samples";

type Handler = (...args: never[]) => void;

/** A model that records sent messages, and delivers messages to the console. */
class FakeModel implements Model {
  sent: FromBrowser[] = [];
  handlers = new Map<string, Handler[]>();
  traits: Partial<Traits> = { theme: "auto", height: 640, saved: {} };
  saves = 0;

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return this.traits[name] as Traits[Name];
  }
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void {
    this.traits[name] = value;
  }
  save_changes(): void {
    this.saves += 1;
  }
  send(message: FromBrowser): void {
    this.sent.push(message);
  }
  on(event: string, handler: Handler): void {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
  }
  off(event: string, handler: Handler): void {
    this.handlers.set(
      event,
      (this.handlers.get(event) ?? []).filter((item) => item !== handler),
    );
  }
  deliver(message: FromKernel, buffers: DataView[] = []): void {
    for (const handler of this.handlers.get("msg:custom") ?? []) {
      (handler as (message: FromKernel, buffers: DataView[]) => void)(message, buffers);
    }
  }
  kinds(): string[] {
    return this.sent.map((message) => message.kind);
  }
}

const WATCH: Watch = {
  log: { filter: { levels: null, stage_id: null, agent: null, search: null }, search: null, rows: 20 },
  artifact: null,
  home: false,
};

let model: FakeModel;
let channel: Channel;
let watching: Watching;
/** What a hello contains. */
let watched: Watch;
let live: boolean;
let news: {
  snapshots: (SubscriberNews | undefined)[];
  patches: [Patch, SubscriberNews | undefined][];
  clocks: number[];
  saved: Saved[];
};

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  live = false;
  news = { snapshots: [], patches: [], clocks: [], saved: [] };
  watched = WATCH;
  const sink: Sink = {
    watch: () => watched,
    snapshot: (_, view) => news.snapshots.push(view),
    patch: (patch, view) => news.patches.push([patch, view]),
    clock: (nowUs) => news.clocks.push(nowUs),
    saved: (saved) => news.saved.push(saved),
    live: () => live,
    changed: () => undefined,
  };
  channel = createChannel(model, sink);
  channel.open();
  watching = createWatching(channel, channel.watched);
  channel.follower = watching;
});

/** A person changes what is watched. */
function watch(next: Watch): void {
  watched = next;
  watching.watch(next);
}

afterEach(() => {
  channel.close();
  vi.useRealTimers();
});

const snapshot = (
  seq: number,
  views: Record<string, SubscriberNews> = {},
  client: string | null = channel.client,
) => model.deliver({ kind: "snapshot", client, seq, state: state(), subscribers: views, now_us: 5 });
const frame = (seq: number, patch: Patch = {}) => model.deliver({ kind: "frame", seq, patch });
const count = (kind: string) => model.kinds().filter((item) => item === kind).length;
const lastRequest = () => {
  const message = [...model.sent].reverse().find((item) => item.kind === "request");
  if (message?.kind !== "request") throw new Error("no request was sent");
  return message;
};

describe("hello", () => {
  it("is sent at once, with the watch of the subscriber", () => {
    expect(model.sent).toEqual([
      { kind: "hello", client: channel.client, have: 0, visible: true, watch: WATCH },
    ]);
  });

  it("is repeated, ever more rarely, until it is answered", () => {
    vi.advanceTimersByTime(1_500);
    expect(count("hello")).toBe(3);
    vi.advanceTimersByTime(60_000);
    const asked = count("hello");
    expect(asked).toBeGreaterThan(6);
    expect(asked).toBeLessThan(14);
    snapshot(3);
    vi.advanceTimersByTime(60_000);
    expect(count("hello")).toBe(asked);
  });

  it("is answered by a snapshot for this view or for all, not by another view's", () => {
    snapshot(3, {}, "somebody else");
    expect(news.snapshots).toHaveLength(0);
    expect(channel.kernel).toBe("connecting");
    snapshot(3, {}, null);
    expect(news.snapshots).toHaveLength(1);
    expect(channel.kernel).toBe("here");
    expect(news.clocks).toEqual([5]);
  });
});

describe("a snapshot for all", () => {
  it("without this subscriber leaves its hello open, and a snapshot with it answers the hello", () => {
    snapshot(3, { other: {} }, null);
    expect(news.snapshots).toEqual([undefined]);
    vi.advanceTimersByTime(300);
    expect(count("hello")).toBe(2);
    snapshot(3, { [channel.client]: {} }, null);
    vi.advanceTimersByTime(3_000);
    expect(count("hello")).toBe(2);
  });

  it("without this subscriber is answered with a hello, if it is visible", () => {
    snapshot(3);
    snapshot(9, { other: {} }, null);
    expect(count("hello")).toBe(2);
    snapshot(9);
    channel.visible = false;
    snapshot(12, { other: {} }, null);
    expect(count("hello")).toBe(2);
  });
});

describe("frames", () => {
  beforeEach(() => snapshot(3));

  it("are passed on in their order, once each", () => {
    frame(4, { run: state().run ?? undefined } as Patch);
    frame(4);
    frame(3);
    frame(5);
    expect(news.patches).toHaveLength(2);
    expect(count("hello")).toBe(1);
  });

  it("with a gap are drawn, and a snapshot is asked for, once", () => {
    frame(6);
    frame(7);
    expect(news.patches).toHaveLength(2);
    expect(count("hello")).toBe(2);
    expect(model.sent.filter((message) => message.kind === "hello")[1]).toMatchObject({ have: 3 });
    snapshot(7);
    frame(8);
    expect(count("hello")).toBe(2);
  });

  it("that never came are noticed by a heartbeat that is ahead", () => {
    model.deliver({ kind: "heartbeat", seq: 3, now_us: 7 });
    expect(count("hello")).toBe(1);
    model.deliver({ kind: "heartbeat", seq: 4, now_us: 9 });
    expect(count("hello")).toBe(2);
    expect(news.clocks).toEqual([5, 7, 9]);
  });

  it("are acknowledged together, every two seconds, never from a drawn frame", () => {
    const drawn = vi.spyOn(globalThis, "requestAnimationFrame");
    frame(4);
    vi.advanceTimersByTime(1_990);
    frame(5);
    expect(count("ack")).toBe(0);
    vi.advanceTimersByTime(10);
    expect(model.sent.filter((message) => message.kind === "ack")).toEqual([
      { kind: "ack", client: channel.client, seq: 5 },
    ]);
    expect(drawn).not.toHaveBeenCalled();
  });

  it("are passed on before the code that needs a kernel is there: a busy kernel cannot send that code", () => {
    channel.follower = undefined;
    frame(4);
    expect(news.patches).toHaveLength(1);
  });

  it("bring this view's part, and no other's", () => {
    const mine: SubscriberNews = { log: { total: 1, start: 0, rows: [] } };
    frame(4, { subscribers: { [channel.client]: mine, other: { log: { total: 9, start: 0, rows: [] } } } });
    expect(news.patches[0]?.[1]).toBe(mine);
  });
});

describe("the changes for subscribers without a hello", () => {
  const part: SubscriberNews = { log: { total: 1, start: 0, rows: [] } };

  it("are shown by a subscriber whose hello was not processed", () => {
    snapshot(3, { "*": part }, null);
    expect(news.snapshots).toEqual([part]);
  });

  it("is not taken for the answer to a filter", () => {
    watch({ ...WATCH, log: { ...WATCH.log, filter: { ...WATCH.log.filter, stage_id: "copy" } } });
    snapshot(3, { "*": part }, null);
    expect(news.snapshots).toEqual([undefined]);
  });
});

describe("watch", () => {
  const part: SubscriberNews = {
    log: { total: 1, start: 0, rows: [] },
    artifact: { file: "a", version: 1, offset: 0, text: "", done: true },
  };
  const filtered: Watch = {
    ...WATCH,
    log: { ...WATCH.log, filter: { ...WATCH.log.filter, stage_id: "copy" } },
  };
  const take = (id: number) =>
    model.deliver({ kind: "reply", client: channel.client, id, ok: true, result: {} });

  beforeEach(() => snapshot(3));

  it("of another artifact, or of more rows, leaves nothing out", () => {
    watch({
      ...WATCH,
      log: { ...WATCH.log, rows: 40 },
      artifact: { file: "a", version: 0, have: 0, newest: true },
    });
    frame(4, { subscribers: { [channel.client]: part } });
    expect(news.patches[0]?.[1]).toBe(part);
  });

  it("leaves out log rows until the kernel has taken the filter", () => {
    watch(filtered);
    frame(4, { subscribers: { [channel.client]: part } });
    expect(news.patches[0]?.[1]).toEqual({ artifact: part.artifact });
    take(lastRequest().id);
    // In the same turn: the frame right behind the reply is already an answer.
    frame(5, { subscribers: { [channel.client]: part } });
    expect(news.patches[1]?.[1]).toBe(part);
  });

  it("is confirmed with the hello that contains it, when the reply was lost", () => {
    watch(filtered);
    model.deliver({ kind: "heartbeat", seq: 9, now_us: 0 });
    snapshot(9, { [channel.client]: part });
    expect(news.snapshots[1]).toBe(part);
    frame(10, { subscribers: { [channel.client]: part } });
    expect(news.patches[0]?.[1]).toBe(part);
  });

  it("is not confirmed with a hello that was sent before it", () => {
    model.deliver({ kind: "heartbeat", seq: 9, now_us: 0 });
    watch(filtered);
    snapshot(9, { [channel.client]: part });
    expect(news.snapshots[1]).toEqual({ artifact: part.artifact });
  });

  it("of another search leaves out what was found before", () => {
    const search = { text: "a", regex: false, case_sensitive: false };
    watch({ ...WATCH, log: { ...WATCH.log, search } });
    const found = { count: 1, scanned: 1, of: 1, done: true, error: null };
    frame(4, { subscribers: { [channel.client]: { search: found } } });
    expect(news.patches[0]?.[1]).toEqual({});
    take(lastRequest().id);
    frame(5, { subscribers: { [channel.client]: { search: found } } });
    expect(news.patches[1]?.[1]).toEqual({ search: found });
  });

  it("asks for the whole when what it left out may have been the answer", () => {
    watch(filtered);
    snapshot(3, { [channel.client]: part });
    const asked = count("hello");
    take(lastRequest().id);
    expect(count("hello")).toBe(asked + 1);
    expect([...model.sent].reverse().find((message) => message.kind === "hello")).toMatchObject({
      watch: filtered,
    });
  });

  it("counts the newest filter alone", () => {
    watch(filtered);
    const first = lastRequest();
    watch(WATCH);
    take(first.id);
    frame(4, { subscribers: { [channel.client]: part } });
    expect(news.patches[0]?.[1]?.log).toBeUndefined();
  });
});

describe("requests", () => {
  beforeEach(() => snapshot(3));

  it("are answered by their own id, with the buffers", async () => {
    const first = channel.request("history.list", {});
    const { id } = lastRequest();
    const second = channel.request("artifact.bundle", {});
    const buffer = new DataView(new ArrayBuffer(2));
    model.deliver({ kind: "reply", client: "somebody else", id, ok: true, result: { runs: ["theirs"] } });
    model.deliver(
      { kind: "reply", client: channel.client, id: id + 1, ok: true, result: { file_name: "a.zip" } },
      [buffer],
    );
    model.deliver({ kind: "reply", client: channel.client, id, ok: true, result: { runs: [] } });
    expect(await first).toEqual({ result: { runs: [] }, buffers: [] });
    expect((await second).buffers).toEqual([buffer]);
  });

  it("fail with the kernel's reason and its problems", async () => {
    const asked = channel.request("run.start", {
      worker: "w",
      task: "a",
      brand: "",
      budget: null,
      strict_mode: false,
      depth: "auto",
      options: {},
    });
    const error = {
      code: "request_refused",
      message: "No.",
      problems: [{ field: "task", message: "too short" }],
    };
    model.deliver({ kind: "reply", client: channel.client, id: lastRequest().id, ok: false, error });
    await expect(asked).rejects.toMatchObject(error);
  });

  it("fail in the end with an error; the start of a run may take longer", async () => {
    const list = channel.request("history.list", {});
    const start = channel.request("run.start", {
      worker: "w",
      task: "a",
      brand: "",
      budget: null,
      strict_mode: false,
      depth: "auto",
      options: {},
    });
    const pass = async (seconds: number) => {
      for (let i = 0; i < seconds; i += 1) {
        await vi.advanceTimersByTimeAsync(1_000);
        model.deliver({ kind: "heartbeat", seq: 3, now_us: 7 });
      }
    };
    const ended = expect(list).rejects.toMatchObject({ code: "timeout" });
    await pass(31);
    await ended;
    const later = expect(start).rejects.toMatchObject({ code: "timeout" });
    await pass(60);
    await later;
  });

  it("that a finished run's kernel leaves unanswered are refused, once it did not answer a hello either", async () => {
    const refused = expect(channel.request("run.new", {})).rejects.toMatchObject({
      code: "silent",
      message: NO_ANSWER,
    });
    const before = count("hello");
    await vi.advanceTimersByTimeAsync(4_000);
    expect(count("hello")).toBeGreaterThan(before);
    expect([channel.kernel, channel.off]).toEqual(["here", ""]);
    await vi.advanceTimersByTimeAsync(3_000);
    await refused;
    expect([channel.kernel, channel.off]).toEqual(["silent", NO_ANSWER]);
    expect(channel.waiting).toBe(false);
    snapshot(4);
    expect([channel.kernel, channel.off]).toEqual(["here", ""]);
  });

  it("that take long are waited for while the kernel answers other things", async () => {
    const start = channel.request("run.start", {
      worker: "w",
      task: "a",
      brand: "",
      budget: null,
      strict_mode: false,
      depth: "auto",
      options: {},
    });
    const { id } = lastRequest();
    for (let i = 0; i < 40; i += 1) {
      const asked = count("hello");
      await vi.advanceTimersByTimeAsync(500);
      if (count("hello") > asked) snapshot(3);
    }
    expect(channel.kernel).toBe("here");
    model.deliver({ kind: "reply", client: channel.client, id, ok: true, result: { run_id: "r" } });
    expect((await start).result).toEqual({ run_id: "r" });
  });

  it("that wait for a kernel that answers show that it is busy", async () => {
    live = true;
    const asked = channel.request("run.stop", {});
    for (let i = 0; i < 4; i += 1) {
      vi.advanceTimersByTime(1_000);
      model.deliver({ kind: "heartbeat", seq: 3, now_us: 7 });
    }
    expect(channel.waiting).toBe(true);
    expect(channel.kernel).toBe("here");
    model.deliver({ kind: "reply", client: channel.client, id: lastRequest().id, ok: true, result: {} });
    await asked;
    expect(channel.waiting).toBe(false);
  });
});

describe("the kernel", () => {
  it("is silent when no hello is answered, and here again when a hello is", () => {
    vi.advanceTimersByTime(5_000);
    expect(channel.kernel).toBe("connecting");
    vi.advanceTimersByTime(2_000);
    expect(channel.kernel).toBe("silent");
    snapshot(1);
    expect(channel.kernel).toBe("here");
  });

  it("is silent when a live run's heartbeats stop, is asked, and recovers by itself", () => {
    live = true;
    snapshot(3);
    vi.advanceTimersByTime(4_000);
    expect(channel.kernel).toBe("here");
    vi.advanceTimersByTime(3_000);
    expect(channel.kernel).toBe("silent");
    expect(count("hello")).toBeGreaterThan(1);
    model.deliver({ kind: "heartbeat", seq: 3, now_us: 7 });
    expect(channel.kernel).toBe("here");
  });

  it.each([3_600_000, -3_600_000])("is silent after the same time when the clock is set by %i ms", (ms) => {
    live = true;
    snapshot(3);
    vi.setSystemTime(Date.now() + ms);
    vi.advanceTimersByTime(4_000);
    expect(channel.kernel).toBe("here");
    vi.advanceTimersByTime(3_000);
    expect(channel.kernel).toBe("silent");
  });

  it("need not send anything when nothing runs", () => {
    snapshot(3);
    vi.advanceTimersByTime(600_000);
    expect(channel.kernel).toBe("here");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is silent at once when the connection is closed", () => {
    snapshot(3);
    vi.spyOn(model, "send").mockImplementation(() => {
      throw new Error("Cannot send");
    });
    channel.request("history.list", {}).catch(() => undefined);
    expect(channel.kernel).toBe("silent");
  });

  it("that is not there leaves the saved run, until it is", async () => {
    const saved: Saved = { state: state(), log: [], artifact: null };
    model.traits.saved = saved;
    vi.advanceTimersByTime(2_000);
    expect(news.saved).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(news.saved).toEqual([saved]);
    expect(channel.kernel).toBe("none");
    await expect(channel.request("history.list", {})).rejects.toMatchObject({ message: NO_KERNEL });
    vi.advanceTimersByTime(20_000);
    expect(news.saved).toHaveLength(1);
    snapshot(1);
    expect(channel.kernel).toBe("here");
  });
});

it("sets the theme on the model, so that it is kept", () => {
  channel.set({ theme: "dark" });
  expect(model.traits.theme).toBe("dark");
  expect(model.saves).toBe(1);
});

it("leaves no listener, no timer and no open request behind", async () => {
  snapshot(3);
  frame(4);
  const asked = channel.request("history.list", {});
  channel.close();
  await expect(asked).rejects.toMatchObject({ code: "no_kernel" });
  expect([...model.handlers.values()].flat()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

describe("the traits that the kernel sets", () => {
  const change = (event: string) => {
    for (const handler of model.handlers.get(event) ?? []) (handler as () => void)();
  };

  it("are returned once to hosts that wait for the browser, and no more after the end", () => {
    returnTraits(channel);
    // marimo calls the listener also for what the browser sets.
    const set = model.set.bind(model);
    vi.spyOn(model, "set").mockImplementation((name, value) => {
      set(name, value);
      change(`change:${name}`);
    });
    set("status", "running");
    change("change:status");
    set("run_id", "r1");
    change("change:run_id");
    expect(model.saves).toBe(2);
    change("change:status");
    expect(model.saves).toBe(2);
    channel.close();
    set("status", "completed");
    change("change:status");
    expect(model.saves).toBe(2);
  });
});

describe("the artifact that is watched", () => {
  const shown = { state: state(), nowUs: 0 };
  const artifact = (file: string, newest = true) => ({ file, version: 1, have: 0, newest });
  let paint: () => void;

  beforeEach(() => {
    snapshot(3);
    shown.state = state();
    const painting = {
      onPaint(draw: () => void) {
        paint = draw;
        return () => undefined;
      },
    };
    startWatching({
      channel,
      painting: painting as Parameters<typeof startWatching>[0]["painting"],
      run: shown as Parameters<typeof startWatching>[0]["run"],
      view: createView(() => undefined),
    });
  });

  /** Another artifact is shown; how many messages that costs. */
  function show(next: Watch["artifact"], at: Partial<typeof shown.state> = {}): number {
    const before = count("request");
    watched = { ...WATCH, artifact: next };
    shown.state = state(at);
    paint();
    return count("request") - before;
  }

  it("is requested where the run goes on, or is played", () => {
    expect(show(artifact("a.html"))).toBe(1);
    expect(show(artifact("b.html"))).toBe(1);
    expect(show(artifact("c.html"), { past: past({ speed: 4 }) })).toBe(1);
    expect(show(artifact("d.html", false), { past: past() })).toBe(1);
  });

  it("is not requested at a moment that was sought: the newest came with it", () => {
    const sought = { past: past() };
    show(artifact("a.html"), sought);
    expect(show(artifact("b.html"), sought)).toBe(0);
    expect(show(artifact("c.html"), { past: past({ position: 3 }) })).toBe(0);
    expect(show(artifact("c.html"))).toBe(1);
    expect(show(artifact("a.html"), { ...sought, run: run({ status: "completed" }) })).toBe(1);
  });
});
