// The only file that knows the widget's model: messages in and out, sequence numbers, requests, and
// whether a kernel answers at all.
//
// Messages can vanish on their way, the last one too. So every frame has a number: a gap, or a
// heartbeat that names a later one, is answered with a new hello, and that with a snapshot.

import type {
  ConsoleState,
  FromBrowser,
  FromKernel,
  Patch,
  Requests,
  Saved,
  Traits,
  ViewPatch,
  Watch,
  WireError,
} from "./wire";

/** What is used of an anywidget model. */
export interface Model {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  send(content: FromBrowser): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  on(event: string, handler: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  off(event: string, handler: (...args: any[]) => void): void;
}

/**
 * Whether there is a kernel. connecting: nothing came yet. here: it answers. silent: it should have
 * answered. none: it never did, and a saved run is shown.
 */
export type Kernel = "connecting" | "here" | "silent" | "none";

/** Where the news goes. Log rows are left out while they may stand under a filter that is no longer wanted. */
export interface Sink {
  snapshot(state: ConsoleState, view: ViewPatch | undefined): void;
  patch(patch: Patch, view: ViewPatch | undefined): void;
  /** The run's clock, as the kernel told it just now. */
  clock(nowUs: number): void;
  /** No kernel answered: show the run that was saved with the notebook. */
  saved(saved: Saved): void;
  /** Whether the kernel owes a heartbeat: a run is live. */
  live(): boolean;
  /** `kernel`, `waiting` or a trait is another. */
  changed(): void;
}

export interface Answer<Name extends keyof Requests> {
  result: Requests[Name]["result"];
  buffers: DataView[];
}

export interface Channel {
  readonly client: string;
  readonly kernel: Kernel;
  /** A request waits although the kernel is there: a cell keeps it busy. */
  readonly waiting: boolean;
  /** Why the kernel cannot be asked for anything now, or `""`. */
  readonly off: string;
  trait<Name extends keyof Traits>(name: Name): Traits[Name];
  setTheme(theme: Traits["theme"]): void;
  /** Begins to listen, and asks for the state. */
  open(visible: boolean): void;
  /** Asks the kernel; rejects with a `WireError`. */
  request<Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]): Promise<Answer<Name>>;
  /** Tells what this view shows from now on. Log rows under a filter before are no longer passed on. */
  watch(watch: Watch): void;
  setVisible(visible: boolean): void;
  close(): void;
}

/** A request that failed on its way; the kernel sends its own. */
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
/** A live run's heartbeat comes every 2 s: after this long without any, ask. */
const PROBE_AFTER = 4_500;
/** A request that takes longer is waiting for a busy kernel, or for one that is gone: ask. */
const SLOW_AFTER = 2_500;
const REQUEST_MOST = 30_000;
/** Starting a run may mean starting the host. */
const START_MOST = 90_000;

const ignore = () => undefined;

/** What the log's news answers to. */
const asks = ({ log }: Watch) => JSON.stringify([log.filter, log.search]);

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
  /** The last frame that is applied; -1 before the first snapshot. */
  let seq = -1;
  let heard = Date.now();
  let hello: { since: number; next: number; delay: number; filters: number } | undefined;
  let visible = true;
  let watched = firstWatch;
  /** How many filters of the log were told to the kernel, and how many of them it has taken. */
  let filters = 0;
  let taken = 0;
  /** Log rows were left out that may have been under either. */
  let missed = false;
  let requests = 0;
  const pending = new Map<number, Pending>();
  let pulse: ReturnType<typeof setTimeout> | undefined;
  let acking: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function become(nextKernel: Kernel, nextWaiting: boolean): void {
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
      if (kernel === "here") become("silent", false);
    }
  }

  function sayHello(): void {
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
    heard = Date.now();
    if (message.kind === "reply") {
      if (message.client === client) settle(message, buffers);
    } else if (message.kind === "snapshot") {
      if (message.client === null || message.client === client) {
        seq = message.seq;
        // One for all that does not know this view was sent before its hello was heard.
        if (message.client === null && visible && !message.views[client]) sayHello();
        else {
          // The hello told the watch, too: the reply to that may have been lost.
          if (message.client) taken = Math.max(taken, hello?.filters ?? 0);
          hello = undefined;
        }
        tellClock(message.now_us);
        sink.snapshot(message.state, partOf(message.views));
        ack();
      }
    } else {
      if (message.kind === "heartbeat") tellClock(message.now_us);
      // After a gap the picture goes on, incomplete, until the snapshot mends it: a kernel that a
      // cell keeps busy sends frames long before it can answer.
      if (seq < 0 || message.seq > seq + (message.kind === "frame" ? 1 : 0)) sayHello();
      if (message.kind === "frame" && seq >= 0 && message.seq > seq) {
        seq = message.seq;
        sink.patch(message.patch, partOf(message.patch.views));
        ack();
      }
    }
    if (seq >= 0) become("here", waiting);
    arm();
  }

  function tellClock(nowUs: number | undefined): void {
    if (nowUs !== undefined) sink.clock(nowUs);
  }

  function partOf(views: Record<string, ViewPatch> = {}): ViewPatch | undefined {
    const narrowed = Object.values(watched.log.filter).some(Boolean);
    const part = views[client] ?? (narrowed ? undefined : views["*"]);
    if (filters === taken || !(part?.log || part?.search)) return part;
    missed = true;
    return { ...part, log: undefined, search: undefined };
  }

  /** Once the page has had its turns to draw, for all frames that came until then: the kernel answers each. */
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

  /** Looks after what is overdue, for as long as anything is expected. */
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
    const quiet = now - Math.max(heard, Math.min(oldest, hello?.since ?? now, live ? heard : now));
    if (hello || quiet > (live ? PROBE_AFTER : SLOW_AFTER)) sayHello();
    const saved = kernel === "connecting" && hello && now - hello.since >= SAVED_AFTER && model.get("saved");
    if (saved && "state" in saved) {
      become("none", false);
      sink.saved(saved as Saved);
    } else become(kernel !== "none" && quiet >= SILENT_AFTER ? "silent" : kernel, slow);
    for (const [id, { deadline, reject }] of pending) {
      if (now <= deadline && kernel !== "silent") continue;
      pending.delete(id);
      reject(failure(kernel === "silent" ? kernel : "timeout", NO_ANSWER));
    }
  }

  const traits = ["change:theme", "change:height"];
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
      for (const trait of traits) model.on(trait, sink.changed);
      sayHello();
    },
    // The reply's shape is the one that `Requests` declares for this name.
    request: (name, args) =>
      new Promise((resolve, reject) => ask(name, args, resolve as Pending["resolve"], reject)),
    watch(watch) {
      if (asks(watch) !== asks(watched)) filters += 1;
      watched = watch;
      const filter = filters;
      const done = () => {
        taken = Math.max(taken, filter);
        // It may have been among what was left out: the kernel does not say it twice unasked.
        if (missed && taken === filters) {
          missed = false;
          sayHello();
        }
      };
      // Not by a promise: the frame right behind the reply is already an answer to this.
      ask("watch", watch, done, done);
    },
    setVisible(isVisible) {
      if (isVisible === visible) return;
      visible = isVisible;
      if (visible) {
        hello = undefined;
        sayHello();
      } else {
        // Where it fails the kernel sends frames that nobody looks at, until the next hello.
        ask("visible", { visible }, ignore, ignore);
      }
    },
    close() {
      closed = true;
      model.off("msg:custom", receive);
      for (const trait of traits) model.off(trait, sink.changed);
      clearTimeout(pulse);
      clearTimeout(acking);
      for (const { reject } of pending.values()) reject(failure("no_kernel", NO_KERNEL));
      pending.clear();
    },
  };
}
