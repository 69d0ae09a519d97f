// The data of a report: JSON in parts, compressed, each in an element of its own. A part is decoded when it is first
// needed, and the last ones are kept.

import type { ConsoleState, RunAxis } from "../kernel/wire";

export type PartKind =
  | "head"
  | "moments"
  | "events"
  | "routing"
  | "ledger"
  | "incidents"
  | "stages"
  | "contents"
  | "versions"
  | "artifact"
  | "document"
  | "lines"
  | "messages"
  | "comparison"
  | "omitted";

/** What the first view of a run needs besides log lines and one artifact. */
export interface Head {
  written_by: string;
  exported_us: number;
  run_id: string;
  worker: string;
  events: number;
  last_us: number | null;
  over: boolean;
  state: Omit<ConsoleState, "form" | "link" | "past" | "selection" | "home" | "seen_us">;
  axis: RunAxis;
  /** A document with the place of its body, and its styles in light and dark. */
  document: string;
  styles: [light: string, dark: string];
}

/** What is left out; from `moment` on, no states. */
export interface Omitted {
  run: number;
  what: string;
  moment: number | null;
}

/** A part: where in the run it begins, or its number. */
export interface Part {
  readonly at: number;
  readonly element: Element;
}

const TYPE = "application/x-worker-widget";
/** Decoded parts that are kept, of all kinds together. */
const MOST_KEPT = 48;

export interface ReportData {
  /** The number of runs. */
  readonly runs: number;
  /** The parts of a kind, in order. */
  parts(run: number, kind: PartKind): readonly Part[];
  read<Content>(part: Part): Promise<Content>;
  /** The rows of all parts of a kind. */
  rows<Row>(run: number, kind: PartKind): Promise<Row[]>;
}

export function createReportData(page: ParentNode): ReportData {
  const found = new Map<string, Part[]>();
  const kept = new Map<Part, Promise<unknown>>();
  for (const element of page.querySelectorAll<HTMLElement>(`script[type="${TYPE}"]`)) {
    const { part, run, at } = element.dataset;
    listIn(found, `${part} ${run}`).push({ at: Number(at), element });
  }
  for (const parts of found.values()) parts.sort((a, b) => a.at - b.at);
  const data: ReportData = {
    runs: [...found.keys()].filter((key) => key.startsWith("head ")).length,
    parts: (run, kind) => found.get(`${kind} ${run}`) ?? [],
    read<Content>(part: Part) {
      const content = kept.get(part) ?? decoded(part.element.textContent ?? "");
      kept.delete(part);
      kept.set(part, content);
      for (const first of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(first);
      return content as Promise<Content>;
    },
    async rows<Row>(run: number, kind: PartKind) {
      const rows: Row[] = [];
      for (const part of data.parts(run, kind))
        for (const row of await data.read<Row[]>(part)) rows.push(row);
      return rows;
    },
  };
  return data;
}

/** The list that a map has for a key, a new one if it has none. */
export function listIn<Key, Item>(map: Map<Key, Item[]>, key: Key): Item[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

async function decoded(text: string): Promise<unknown> {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(plain).json();
}

/** The numbers of which a part has the steps; `null` stays. */
export function summed(steps: readonly (number | null)[]): (number | null)[] {
  let sum = 0;
  return steps.map((step) => {
    if (step === null) return null;
    sum += step;
    return sum;
  });
}

/** How many of the first values, which ascend, are at most `most`. */
export function countUpto(length: number, at: (index: number) => number, most: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same of values in an array. */
export const numbersUpto = (values: ArrayLike<number>, most: number): number =>
  countUpto(values.length, (index) => values[index] as number, most);
