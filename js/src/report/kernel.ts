// What answers the console of a report, in place of a kernel: from the data of the file.

import type { Channel } from "../kernel/channel";
import type { LogSearch, SearchProgress, SubscriberNews, Traits, Watch } from "../kernel/wire";
import type { Connect } from "../state/app";
import { codePoints } from "../state/artifact-text";
import { numbersUpto, type Omitted, type ReportData } from "./data";
import { type Answers, patternError } from "./log-requests";
import { createPlaying, type Playing } from "./playing";
import { openRun, type ReportRun, type ShownMoment } from "./run";
import { fromCodePoint } from "./texts";

/** After so many characters no more of an artifact is sent; the console requests the rest. */
const MOST_SENT = 4_000_000;
export interface ReportKernel {
  /** The runs of the file, by their tasks. */
  readonly titles: readonly string[];
  /** The run on screen, and its place in the file. */
  readonly run: ReportRun;
  readonly index: number;
  /** What was left out of the file. */
  readonly omitted: readonly Omitted[];
  /** Shows another run of the file. */
  open(index: number): Promise<void>;
  /** The console watches something else. */
  watch(): void;
  /** The page has another height. */
  setHeight(height: number): void;
  readonly connect: Connect;
}

export async function createReportKernel(data: ReportData, height: number): Promise<ReportKernel> {
  // A report has no other traits.
  const traits = { theme: "auto", height } as Traits;
  const opened = new Map<number, Promise<ReportRun>>();
  const omitted = await data.rows<Omitted>(0, "omitted");
  let index = 0;
  let run = await runOf(0);
  let playing: Playing = createPlaying(run, show);
  const titles = await Promise.all(Array.from({ length: data.runs }, (_, at) => titleOf(at)));
  let sink: Parameters<Connect>[0] | undefined;
  let watch: Watch | undefined;
  /** The number of drawings that were asked for: an older one is not drawn after a newer. */
  let shows = 0;
  let shown: ShownMoment | undefined;
  /** The search that is in progress. */
  let searching = "";
  let heightChanged = () => {};

  function runOf(at: number): Promise<ReportRun> {
    const known = opened.get(at) ?? openRun(data, at);
    opened.set(at, known);
    return known;
  }

  async function titleOf(at: number): Promise<string> {
    const [part] = data.parts(at, "head");
    const head = part && (await data.read<ReportRun["head"]>(part));
    return head?.state.run?.task ?? head?.run_id ?? "";
  }

  /** Draws the moment that is shown, of the run on screen. */
  async function show(): Promise<void> {
    shows += 1;
    const mine = shows;
    const moment = await run.moment(playing.position, playing.speed);
    const news = await newsOf(moment);
    if (mine !== shows) return;
    shown = moment;
    sink?.clock(moment.state.past?.time_us ?? run.head.last_us ?? 0);
    sink?.snapshot(moment.state, news);
    continueSearch();
  }

  async function newsOf(moment: ShownMoment): Promise<SubscriberNews> {
    if (!watch) return {};
    const { filter, search, rows } = watch.log;
    const news: SubscriberNews = {};
    const problem = [filter.search, search].map((item) => item && patternError(item)).find(Boolean);
    if (!problem) {
      const passing = await run.lines.passing(filter, null);
      const total = numbersUpto(passing, run.lines.upto(moment.upto) - 1);
      const start = Math.max(0, total - rows);
      const newest = await run.lines.rows(passing, start, total - start, search ?? filter.search);
      news.log = { total, start, rows: newest };
    }
    if (search) news.search = progressOf(moment, search, problem ?? null);
    const artifact = await artifactNews(moment);
    if (artifact) news.artifact = artifact;
    return news;
  }

  /** The progress of the watched search, as far as its matches are known. */
  function progressOf(moment: ShownMoment, search: LogSearch, error: string | null): SearchProgress {
    const of = run.lines.upto(moment.upto);
    const found = watch && run.lines.known(watch.log.filter, search);
    if (!found) return { count: 0, scanned: 0, of, done: error !== null, error };
    return {
      count: numbersUpto(found, of - 1),
      scanned: of,
      of,
      done: true,
      error,
    };
  }

  /** Looks for the matches of the watched search, unless they are known. */
  async function continueSearch(): Promise<void> {
    const search = watch?.log.search;
    if (!watch || !search || !shown || patternError(search)) return;
    const { filter } = watch.log;
    const key = JSON.stringify([filter, search, run.head.run_id]);
    if (key === searching || run.lines.known(filter, search)) return;
    searching = key;
    const error: string | null = await run.lines.passing(filter, search).then(
      () => null,
      (problem: Error) => problem.message,
    );
    if (key !== searching) return;
    searching = "";
    if (shown) sendNews({ search: progressOf(shown, search, error) });
  }

  /** What is new of the watched artifact; the console has the beginning of its text. */
  async function artifactNews(moment: ShownMoment): Promise<SubscriberNews["artifact"]> {
    const asked = watch?.artifact;
    const row = asked && moment.state.artifacts.find(({ file }) => file === asked.file);
    const text = row && (await run.texts.text(row, null, moment.upto));
    if (!watch || !row || typeof text !== "string") return undefined;
    const { file, version, status } = row;
    const sent = text.slice(0, MOST_SENT);
    const have = codePoints(sent);
    const offset = version === asked.version && asked.have <= have ? asked.have : 0;
    watch = { ...watch, artifact: { ...asked, version, have } };
    const cut = text.length > MOST_SENT;
    const done = status === "done" && !cut;
    return { file, version, offset, text: fromCodePoint(sent, offset), done, ...(cut && { cut }) };
  }

  function sendNews(news: SubscriberNews): void {
    sink?.patch({}, news);
  }

  /** The answers to all requests. */
  const answers = (): Answers => ({
    ...(shown && run.answers(shown)),
    live: () => ({ code: "" }),
    "travel.seek": playing.seek,
    "travel.step": playing.step,
    "travel.play": playing.play,
    "travel.pause": playing.pause,
  });

  /** Sends what is watched now, from its beginning. */
  async function rewatch(): Promise<void> {
    const next = channel.toWatch();
    watch = next;
    const news = shown && (await newsOf(shown));
    // Of two changes one after the other, the second is sent.
    if (news && watch.log === next.log) sendNews(news);
    continueSearch();
  }

  const channel: Channel = {
    client: "report",
    get kernel() {
      return shown ? "here" : "connecting";
    },
    waiting: false,
    off: "",
    visible: true,
    follower: { current: (news) => news, answered: () => undefined },
    toWatch: () => (sink as NonNullable<typeof sink>).watch(),
    get watched() {
      return watch ?? channel.toWatch();
    },
    trait: (name) => traits[name],
    set: (change) => Object.assign(traits, change),
    onTrait(name, listener) {
      if (name === "height") heightChanged = listener;
    },
    open: () => channel.hello(),
    hello() {
      watch = channel.toWatch();
      show();
    },
    // The result's shape is the one that `Requests` declares for this name.
    async ask(name, args, resolve, reject) {
      try {
        const found = answers()[name];
        if (!found) throw new Error("A report cannot do this.");
        resolve({ result: (await found(args)) as never, buffers: [] });
      } catch (error) {
        reject({ code: "report", message: (error as Error).message, problems: [] });
      }
    },
    request: (name, args) => new Promise((resolve, reject) => channel.ask(name, args, resolve, reject)),
    close() {},
  };

  // What the first drawing needs is decoded before: the page is drawn once.
  const { state, upto } = await run.moment(null, null);
  const [artifact] = state.artifacts;
  if (run.lines.total) await run.lines.message(run.lines.total - 1);
  if (artifact) await run.texts.text(artifact, null, upto);

  return {
    titles,
    omitted,
    get run() {
      return run;
    },
    get index() {
      return index;
    },
    async open(next) {
      await playing.pause();
      run = await runOf(next);
      index = next;
      playing = createPlaying(run, show);
      searching = "";
      await show();
    },
    watch: rewatch,
    setHeight(next) {
      traits.height = next;
      heightChanged();
    },
    connect(next) {
      sink = next;
      return channel;
    },
  };
}
