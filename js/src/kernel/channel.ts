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

/** The used part of an output of a notebook, and of its list of them. */
interface Outputs {
  readonly length: number;
  get(place: number): { data: Record<string, unknown>; metadata: Record<string, unknown> };
  set(place: number, output: object): void;
}

/** The used part of JupyterLab's model of a notebook. Cells of text have no outputs. */
export interface Notebook {
  cells: Iterable<{ outputs?: Outputs }>;
}

/** The used part of an anywidget model. */
export interface Model {
  /** Only JupyterLab's and Notebook's have the notebook. */
  widget_manager?: { context?: { model?: Notebook } };
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

/** Receives the messages. */
export interface Sink {
  /** What this subscriber watches. */
  watch(): Watch;
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

/** What `live.js` adds when a person can change what is watched. */
export interface Follower {
  /** The news without log rows that can belong to a filter before the current filter. */
  current(news: SubscriberNews): SubscriberNews;
  /** A hello that contained this watch was answered. */
  answered(watch: Watch): void;
}

export interface Channel {
  readonly client: string;
  readonly kernel: Kernel;
  /** A request waits for a kernel that a cell keeps busy. */
  readonly waiting: boolean;
  /** Why the kernel cannot answer requests now, or `""`. */
  readonly off: string;
  trait<Name extends keyof Traits>(name: Name): Traits[Name];
  set(traits: Partial<Traits>): void;
  /** Calls `listener` when the kernel has set the trait. */
  onTrait(name: keyof Traits, listener: () => void): void;
  /** The notebook around the widget, where the host gives access to it. */
  readonly notebook?: Notebook | undefined;
  /** Starts receiving, and requests the state. */
  open(): void;
  /** Requests the state, with what is watched now. */
  hello(): void;
  /** As long as it is not on screen, the kernel need not send it anything. */
  visible: boolean;
  follower: Follower | undefined;
  /** What this subscriber watches, and what of that the last hello contained. */
  readonly toWatch: () => Watch;
  readonly watched: Watch;
  /** Sends a request; calls one of the two at once when the answer arrives. */
  ask<Name extends keyof Requests>(
    name: Name,
    args: Requests[Name]["args"],
    resolve: (answer: Answer<Name>) => void,
    reject: (error: WireError) => void,
  ): void;
  /** Sends a request; rejects with a `WireError`. */
  request<Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]): Promise<Answer<Name>>;
  close(): void;
}

/** An error of the connection; the kernel sends its own errors. */
const failure = (code: string, message: string): WireError => ({ code, message, problems: [] });

export const NO_KERNEL = "No kernel is connected: run the cell again.";
export const NO_ANSWER =
  "The kernel does not answer. A cell may be busy, or the kernel was restarted: then run the cell again.";

/** All in milliseconds. */
const PULSE = 250;
/** The kernel reports to the page that it is busy, and then idle, for each: JupyterLab draws that each time. */
const ACK_AFTER = 2_000;
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

interface Pending {
  sent: number;
  deadline: number;
  resolve(answer: Answer<never>): void;
  reject(error: WireError): void;
}

/** Time that passes, whatever the clock of the computer is set to. */
const elapsedMs = () => performance.now();

export function createChannel(model: Model, sink: Sink): Channel {
  const client = Math.random().toString(36).slice(2);
  let kernel: Kernel = "connecting";
  let waiting = false;
  /** The number of the last applied frame; -1 before the first snapshot. */
  let seq = -1;
  let receivedMs = elapsedMs();
  /** The hello that is not answered yet, with what was watched as it was sent first. */
  let hello: { since: number; next: number; delay: number; watch: Watch } | undefined;
  let watched = sink.watch();
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
    const now = elapsedMs();
    const { visible } = channel;
    watched = sink.watch();
    hello ??= { since: now, next: now, delay: HELLO_FIRST, watch: watched };
    if (now >= hello.next) {
      hello.next = now + hello.delay;
      hello.delay = Math.min(hello.delay * 2, HELLO_MOST);
      send({ kind: "hello", client, have: Math.max(seq, 0), visible, watch: watched });
    }
    arm();
  }

  function receive(message: FromKernel, buffers: DataView[] = []): void {
    receivedMs = elapsedMs();
    if (message.kind === "reply") {
      if (message.client === client) settle(message, buffers);
    } else if (message.kind === "snapshot") {
      if (message.client === null || message.client === client) {
        seq = message.seq;
        // A snapshot for all without this subscriber was sent before its hello was processed.
        if (message.client === null && channel.visible && !message.subscribers[client]) sendHello();
        else {
          // The hello contained the watch, too: the reply to the request can be lost.
          if (message.client && hello) channel.follower?.answered(hello.watch);
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
    const narrowed = Object.values(sink.watch().log.filter).some(Boolean);
    const changes = news[client] ?? (narrowed ? undefined : news["*"]);
    return changes && (channel.follower?.current(changes) ?? changes);
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
    const sent = elapsedMs();
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
      check(elapsedMs());
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

  const traits: [event: string, listener: () => void][] = [
    ["change:theme", sink.changed],
    ["change:height", sink.changed],
  ];
  const channel: Channel = {
    client,
    visible: true,
    follower: undefined,
    toWatch: sink.watch,
    get watched() {
      return watched;
    },
    get kernel() {
      return kernel;
    },
    get waiting() {
      return waiting && pending.size > 0;
    },
    get off() {
      return kernel === "none" ? NO_KERNEL : kernel === "silent" ? NO_ANSWER : "";
    },
    get notebook() {
      return model.widget_manager?.context?.model;
    },
    trait: (name) => model.get(name),
    set(traits) {
      for (const [name, value] of Object.entries(traits)) model.set(name as keyof Traits, value);
      model.save_changes();
    },
    onTrait(name, listener) {
      traits.push([`change:${name}`, listener]);
      model.on(`change:${name}`, listener);
    },
    open() {
      model.on("msg:custom", receive);
      for (const [event, listener] of traits) model.on(event, listener);
      sendHello();
    },
    hello() {
      hello = undefined;
      sendHello();
    },
    // The reply's shape is the one that `Requests` declares for this name.
    ask: ask as Channel["ask"],
    request: (name, args) => new Promise((resolve, reject) => channel.ask(name, args, resolve, reject)),
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
  return channel;
}
