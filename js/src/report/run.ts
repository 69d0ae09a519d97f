// One run of a report: the state of the console at a moment, and the answers to requests about it.

import type { Artifact, ConsoleState, Past } from "../kernel/wire";
import { NOTHING } from "../state/store";
import type { Head, Omitted, ReportData } from "./data";
import { type Lines, readLines } from "./lines";
import { type Answers, logRequests } from "./log-requests";
import { createMoments, type RunParts } from "./moments";
import { createRows, type Rows } from "./rows";
import { createTexts, type Texts } from "./texts";
import { readTimes, type Times } from "./time";

/** A moment of a run: how many events of it are shown, and the state then. */
export interface ShownMoment {
  readonly upto: number;
  readonly state: ConsoleState;
  readonly parts: RunParts;
}

export interface ReportRun {
  readonly head: Head;
  readonly lines: Lines;
  readonly texts: Texts;
  readonly rows: Rows;
  times(): Promise<Times>;
  /** The state after so many events; the newest for `null`. */
  moment(position: number | null, speed: number | null): Promise<ShownMoment>;
  /** The answers to the requests about a moment. */
  answers(at: ShownMoment): Answers;
}

export async function openRun(data: ReportData, run: number): Promise<ReportRun> {
  const [first] = data.parts(run, "head");
  if (!first) throw new Error("This report is damaged: it has no run.");
  const head = await data.read<Head>(first);
  const omitted = (await data.rows<Omitted>(0, "omitted")).find((item) => item.run === run && item.moment);
  const rows = createRows(data, run);
  const lines = await readLines(data, run, rows.inside);
  const moments = createMoments(data, run, omitted?.moment ?? null);
  const texts = createTexts(data, run, head);
  let reading: Promise<Times> | undefined;
  const { engines, ...last } = head.state;

  const times = () => {
    reading ??= readTimes(data, run);
    return reading;
  };

  function shown(parts: RunParts, upto: number, past: Past | null): ShownMoment {
    const count = lines.upto(upto);
    const { run: header } = parts;
    const counts = header && {
      ...header.counts,
      events: upto,
      logs: count,
      debug: lines.ofLevel("debug", count),
      warnings: lines.ofLevel("warning", count),
      errors: lines.ofLevel("error", count),
    };
    const state: ConsoleState = {
      ...NOTHING,
      ...parts,
      engines,
      form: { ...NOTHING.form, worker: head.worker },
      link: { ...NOTHING.link, phase: "ended" },
      run: header && counts ? { ...header, counts } : header,
      past,
    };
    return { upto, state, parts };
  }

  async function moment(wanted: number | null, speed: number | null): Promise<ShownMoment> {
    const { events } = head;
    const position = Math.min(wanted ?? events, events);
    if (position === events && head.over) return shown(last, events, null);
    const parts = position < events ? await moments.at(Math.max(0, position)) : last;
    if (!parts) throw new Error("This moment is left out of the report.");
    // Nothing follows here of a run that had not ended: its newest moment is one of a recording, too.
    return shown(parts, position, {
      position,
      time_us: (await times()).at(position),
      speed,
      newest: events,
      newest_us: head.last_us,
      over: true,
      range: null,
    });
  }

  function artifactOf(at: ShownMoment, file: string): Artifact {
    const artifact = at.state.artifacts.find((row) => row.file === file);
    if (!artifact) throw new Error(`This run has no artifact ${file}.`);
    return artifact;
  }

  /** The text of an artifact of the moment. */
  async function textOf(at: ShownMoment, file: string, version: number | null): Promise<string> {
    const text = await texts.text(artifactOf(at, file), version, at.upto);
    if (text === null) throw new Error(`This report has no text of ${file}.`);
    return text;
  }

  const answers = (at: ShownMoment): Answers => ({
    ...logRequests(lines, at.upto),
    "routing.window": (args) => rows.routing(args, at.upto, at.parts),
    "incident.window": (args) => rows.incidents(args, at.upto, at.parts),
    "ledger.window": (args) => rows.ledger(args, at.upto, at.parts),
    "stages.window": (args) => rows.stages(args, at.upto, at.parts),
    "stages.content": ({ stage_id }) => rows.content(stage_id, at.upto, at.parts),
    async "artifact.text"({ file, version, offset, count }) {
      const letters = Array.from(await textOf(at, file, version));
      const text = letters.slice(offset, offset + count).join("");
      return { text, offset, chars: letters.length };
    },
    "artifact.render": (args) => texts.document(artifactOf(at, args.file), args, at.upto),
    "artifact.compare": ({ a, b, dark }) => texts.compared(a, b, dark),
    "travel.axis": () => head.axis,
  });

  return { head, lines, texts, rows, times, moment, answers };
}
