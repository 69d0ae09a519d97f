// The only file that uses the widget's model: messages, sequence numbers, requests, and whether a kernel
// answers.
//
// Messages can be lost, also the last message. So every frame has a number: after a gap, or after a heartbeat
// with a later number, a new hello is sent, and the kernel answers it with a snapshot.

import type {
  ConsoleState,
  FromBrowser,
  FromKernel,
  Patch,
  Requests,
  Saved,
  SubscriberNews,
  Traits,
  Watch,
  WireError,
} from "./wire";

/** The used part of an anywidget model. */
export interface Model {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  send(content: FromBrowser): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has other arguments
  on(event: string, handler: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has other arguments
  off(event: string, handler: (...args: any[]) => void): void;
}

/**
 * The state of the kernel. connecting: no message was received yet. here: it answers. silent: an answer is
 * overdue. none: it never answered, and a saved run is shown.
 */
export type Kernel = "connecting" | "here" | "silent" | "none";

/** Receives the messages. Log rows are left out while they can belong to a filter before the current filter. */
export interface Sink {
  snapshot(state: ConsoleState, view: SubscriberNews | undefined): void;
  patch(patch: Patch, view: SubscriberNews | undefined): void;
  /** The current time on the run's clock. */
  clock(nowUs: number): void;
  /** No kernel answered: show the run that was saved with the notebook. */
  saved(saved: Saved): void;
  /** A run is live: the kernel sends heartbeats. */
  live(): boolean;
  /** `kernel`, `waiting` or a trait has changed. */
  changed(): void;
}

export interface Answer<Name extends keyof Requests> {
  result: Requests[Name]["result"];
  buffers: DataView[];
}

export interface Channel {
  readonly client: string;
  readonly kernel: Kernel;
  /** A request waits for a kernel that a cell keeps busy. */
  readonly waiting: boolean;
  /** Why the kernel cannot answer requests now, or `""`. */
  readonly off: string;
  trait<Name extends keyof Traits>(name: Name): Traits[Name];
  setTheme(theme: Traits["theme"]): void;
  /** Starts receiving, and requests the state. */
  open(visible: boolean): void;
  /** Sends a request; rejects with a `WireError`. */
  request<Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]): Promise<Answer<Name>>;
  /** Sets what this subscriber watches. Log rows under the filter before are no longer passed on. */
  watch(watch: Watch): void;
  setVisible(visible: boolean): void;
  close(): void;
}

/** An error of the connection; the kernel sends its own errors. */
const failure = (code: string, message: string): WireError => ({ code, message, problems: [] });

export const NO_KERNEL = "No kernel is connected: run the cell again.";
export const NO_ANSWER =
  "The kernel does not answer. A cell may be busy, or the kernel was restarted: then run the cell again.";

/** All in milliseconds. */
const PULSE = 250;
const ACK_AFTER = 200;
const HELLO_FIRST = 250;
const HELLO_MOST = 8_000;
const SAVED_AFTER = 2_500;
const SILENT_AFTER = 6_000;
/** A live run has a heartbeat every 2 s: after this time without a message a hello is sent. */
const PROBE_AFTER = 4_500;
/** After this time a request waits for a busy or a dead kernel: a hello is sent. */
const SLOW_AFTER = 2_500;
const REQUEST_MOST = 30_000;
/** The start of a run can include the start of the host. */
const START_MOST = 90_000;

const ignore = () => undefined;

/** Identifies the log rows that are watched. */
const logKey = ({ log }: Watch) => JSON.stringify([log.filter, log.search]);

interface Pending {
  sent: number;
  deadline: number;
  resolve(answer: Answer<keyof Requests>): void;
  reject(error: WireError): void;
}

export function createChannel(model: Model, sink: Sink, firstWatch: Watch): Channel {
  const client = Math.random().toString(36).slice(2);
  let kernel: Kernel = "connecting";
  let waiting = false;
  /** The number of the last applied frame; -1 before the first snapshot. */
  let seq = -1;
  let receivedMs = Date.now();
  let hello: { since: number; next: number; delay: number; filters: number } | undefined;
  let visible = true;
  let watched = firstWatch;
  /** The number of log filters sent to the kernel, and the last that it has confirmed. */
  let filters = 0;
  let confirmed = 0;
  /** Log rows were left out that could belong to the current filter. */
  let missed = false;
  let requests = 0;
  const pending = new Map<number, Pending>();
  let pulse: ReturnType<typeof setTimeout> | undefined;
  let acking: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function setKernel(nextKernel: Kernel, nextWaiting: boolean): void {
    if (nextKernel === kernel && nextWaiting === waiting) return;
    kernel = nextKernel;
    waiting = nextWaiting;
    sink.changed();
  }

  function send(message: FromBrowser): void {
    try {
      model.send(message);
    } catch {
      // The connection is closed: the kernel was shut down or restarted.
      if (kernel === "here") setKernel("silent", false);
    }
  }

  function sendHello(): void {
    const now = Date.now();
    hello ??= { since: now, next: now, delay: HELLO_FIRST, filters };
    if (now >= hello.next) {
      hello.next = now + hello.delay;
      hello.delay = Math.min(hello.delay * 2, HELLO_MOST);
      send({ kind: "hello", client, have: Math.max(seq, 0), visible, watch: watched });
    }
    arm();
  }

  function receive(message: FromKernel, buffers: DataView[] = []): void {
    receivedMs = Date.now();
    if (message.kind === "reply") {
      if (message.client === client) settle(message, buffers);
    } else if (message.kind === "snapshot") {
      if (message.client === null || message.client === client) {
        seq = message.seq;
        // A snapshot for all without this subscriber was sent before its hello was processed.
        if (message.client === null && visible && !message.subscribers[client]) sendHello();
        else {
          // The hello contained the watch, too: the reply to the request can be lost.
          if (message.client) confirmed = Math.max(confirmed, hello?.filters ?? 0);
          hello = undefined;
        }
        updateClock(message.now_us);
        sink.snapshot(message.state, changesFor(message.subscribers));
        ack();
      }
    } else {
      if (message.kind === "heartbeat") updateClock(message.now_us);
      // After a gap frames are still applied, until the snapshot completes the state: a kernel that a cell
      // keeps busy sends frames long before it answers.
      if (seq < 0 || message.seq > seq + (message.kind === "frame" ? 1 : 0)) sendHello();
      if (message.kind === "frame" && seq >= 0 && message.seq > seq) {
        seq = message.seq;
        sink.patch(message.patch, changesFor(message.patch.subscribers));
        ack();
      }
    }
    if (seq >= 0) setKernel("here", waiting);
    arm();
  }

  function updateClock(nowUs: number | undefined): void {
    if (nowUs !== undefined) sink.clock(nowUs);
  }

  function changesFor(news: Record<string, SubscriberNews> = {}): SubscriberNews | undefined {
    const narrowed = Object.values(watched.log.filter).some(Boolean);
    const changes = news[client] ?? (narrowed ? undefined : news["*"]);
    if (filters === confirmed || !(changes?.log || changes?.search)) return changes;
    missed = true;
    return { ...changes, log: undefined, search: undefined };
  }

  /** After the page had time to draw, for all frames received until then, because the kernel answers each ack. */
  function ack(): void {
    acking ??= setTimeout(() => {
      acking = undefined;
      send({ kind: "ack", client, seq });
    }, ACK_AFTER);
  }

  function settle(reply: Extract<FromKernel, { kind: "reply" }>, buffers: DataView[]): void {
    const asked = pending.get(reply.id);
    pending.delete(reply.id);
    if (reply.ok) asked?.resolve({ result: reply.result as never, buffers });
    else asked?.reject(reply.error);
  }

  function ask(
    name: keyof Requests,
    args: unknown,
    resolve: Pending["resolve"],
    reject: Pending["reject"],
  ): void {
    if (closed || kernel === "none") {
      reject(failure("no_kernel", NO_KERNEL));
      return;
    }
    requests += 1;
    const sent = Date.now();
    const deadline = sent + (name === "run.start" || name === "run.replay" ? START_MOST : REQUEST_MOST);
    pending.set(requests, { sent, deadline, resolve, reject });
    send({ kind: "request", client, id: requests, name, args } as FromBrowser);
    arm();
  }

  /** Checks for overdue messages as long as any is expected. */
  function arm(): void {
    if (pulse !== undefined || closed || !(hello || pending.size || sink.live())) return;
    pulse = setTimeout(() => {
      pulse = undefined;
      check(Date.now());
      arm();
    }, PULSE);
  }

  function check(now: number): void {
    const live = sink.live();
    let oldest = now;
    for (const { sent } of pending.values()) oldest = Math.min(oldest, sent);
    const slow = now - oldest > SLOW_AFTER;
    const quiet = now - Math.max(receivedMs, Math.min(oldest, hello?.since ?? now, live ? receivedMs : now));
    if (hello || quiet > (live ? PROBE_AFTER : SLOW_AFTER)) sendHello();
    const saved = kernel === "connecting" && hello && now - hello.since >= SAVED_AFTER && model.get("saved");
    if (saved && "state" in saved) {
      setKernel("none", false);
      sink.saved(saved as Saved);
    } else setKernel(kernel !== "none" && quiet >= SILENT_AFTER ? "silent" : kernel, slow);
    for (const [id, { deadline, reject }] of pending) {
      if (now <= deadline && kernel !== "silent") continue;
      pending.delete(id);
      reject(failure(kernel === "silent" ? kernel : "timeout", NO_ANSWER));
    }
  }

  /**
   * marimo runs the cells that read `console.value` again only after an update by the browser: so it returns
   * the new values, which the kernel ignores. Elsewhere a value that is set again is not sent.
   */
  let returned = "";
  function returnTraits(): void {
    const names = ["status", "run_id"] as const;
    const values = `${names.map(model.get, model)}`;
    if (values === returned) return;
    returned = values;
    for (const name of names) model.set(name, model.get(name));
    model.save_changes();
  }

  const traits: [event: string, listener: () => void][] = [
    ["change:theme", sink.changed],
    ["change:height", sink.changed],
    ["change:status", returnTraits],
    ["change:run_id", returnTraits],
  ];
  return {
    client,
    get kernel() {
      return kernel;
    },
    get waiting() {
      return waiting && pending.size > 0;
    },
    get off() {
      return kernel === "none" ? NO_KERNEL : kernel === "silent" ? NO_ANSWER : "";
    },
    trait: (name) => model.get(name),
    setTheme(theme) {
      model.set("theme", theme);
      model.save_changes();
    },
    open(isVisible) {
      visible = isVisible;
      model.on("msg:custom", receive);
      for (const [event, listener] of traits) model.on(event, listener);
      sendHello();
    },
    // The reply's shape is the one that `Requests` declares for this name.
    request: (name, args) =>
      new Promise((resolve, reject) => ask(name, args, resolve as Pending["resolve"], reject)),
    watch(watch) {
      if (logKey(watch) !== logKey(watched)) filters += 1;
      watched = watch;
      const filter = filters;
      const done = () => {
        confirmed = Math.max(confirmed, filter);
        // The rows that were left out are not sent again unless they are requested.
        if (missed && confirmed === filters) {
          missed = false;
          sendHello();
        }
      };
      // Without a promise: the frame right after the reply already has the rows of this watch.
      ask("watch", watch, done, done);
    },
    setVisible(isVisible) {
      if (isVisible === visible) return;
      visible = isVisible;
      if (visible) {
        hello = undefined;
        sendHello();
      } else {
        // If it fails, the kernel sends frames to a hidden subscriber until the next hello.
        ask("visible", { visible }, ignore, ignore);
      }
    },
    close() {
      closed = true;
      model.off("msg:custom", receive);
      for (const [event, listener] of traits) model.off(event, listener);
      clearTimeout(pulse);
      clearTimeout(acking);
      for (const { reject } of pending.values()) reject(failure("no_kernel", NO_KERNEL));
      pending.clear();
    },
  };
}
