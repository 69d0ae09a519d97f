// The state of a run at any position: the keyframe before it, and what each event since changed. All of it was made by
// the reducer in Python; here it is only put together.

import type { Artifact, Incident, LedgerRow, RoutingRow, RunHeader, Stage } from "../kernel/wire";
import { newestIncidents } from "../state/incidents";
import { TAIL_ROWS } from "../state/store";
import { countUpto, type Head, type Part, type ReportData } from "./data";

/** The parts of a state that belong to the run. */
export type RunParts = Omit<Head["state"], "engines">;

type Changes<Row> = Partial<Row>[];
type Delta = Partial<Omit<RunParts, "run" | "stages" | "incidents" | "artifacts">> & {
  run?: Partial<Omit<RunHeader, "counts" | "figures">> & {
    counts?: Partial<RunHeader["counts"]>;
    figures?: Partial<RunHeader["figures"]>;
  };
  stages?: Changes<Stage>;
  stages_gone?: string[];
  incidents?: { total: number; rows: Changes<Incident> };
  artifacts?: Changes<Artifact>;
};

interface MomentsPart {
  state: RunParts;
  patches: [position: number, delta: Delta][];
}

/** The state while patches are applied: rows by their keys. */
interface Draft {
  part: MomentsPart;
  /** So many patches are applied. */
  applied: number;
  state: RunParts;
  run: RunHeader;
  stages: Map<string, Stage>;
  incidents: Map<number, Incident>;
  artifacts: Map<string, Artifact>;
}

export interface Moments {
  /** The state after so many events, without the counts of log lines. `null`: it is left out. */
  at(position: number): Promise<RunParts | null>;
}

export function createMoments(data: ReportData, run: number, lostFrom: number | null): Moments {
  const parts = data.parts(run, "moments");
  let draft: Draft | undefined;
  return {
    async at(position) {
      if (lostFrom !== null && position > lostFrom) return null;
      const index = countUpto(parts.length, (i) => (parts[i] as Part).at, position) - 1;
      const found = parts[index];
      if (!found) return null;
      const part = await data.read<MomentsPart>(found);
      const upto = countUpto(part.patches.length, (i) => part.patches[i]?.[0] ?? 0, position);
      if (!draft || draft.part !== part || draft.applied > upto) draft = begun(part);
      for (; draft.applied < upto; draft.applied += 1)
        apply(draft, (part.patches[draft.applied] as [number, Delta])[1]);
      return {
        ...draft.state,
        run: draft.run,
        stages: [...draft.stages.values()].sort((a, b) => a.number - b.number),
        incidents: { ...draft.state.incidents, rows: [...draft.incidents.values()] },
        artifacts: [...draft.artifacts.values()],
      };
    },
  };
}

const keyed = <Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row> =>
  new Map(rows.map((row) => [keyOf(row), row]));

function begun(part: MomentsPart): Draft {
  const { state } = part;
  return {
    part,
    applied: 0,
    state,
    run: state.run as RunHeader,
    stages: keyed(state.stages, (row) => row.stage_id),
    incidents: keyed(state.incidents.rows, (row) => row.number),
    artifacts: keyed(state.artifacts, (row) => row.file),
  };
}

/** Rows that are known have only the fields that changed. */
function merge<Row, Key extends keyof Row>(rows: Map<Row[Key], Row>, changes: Changes<Row>, key: Key): void {
  for (const change of changes) {
    const name = change[key] as Row[Key];
    rows.set(name, { ...rows.get(name), ...change } as Row);
  }
}

interface Tail<Row> {
  total: number;
  rows: Row[];
}

const longer = <Row>(tail: Tail<Row>, more: Tail<Row> | undefined): Tail<Row> =>
  more ? { total: more.total, rows: [...tail.rows, ...more.rows].slice(-TAIL_ROWS) } : tail;

function apply(draft: Draft, delta: Delta): void {
  const { run, stages, stages_gone, routing, ledger, incidents, artifacts, ...whole } = delta;
  const { state } = draft;
  if (run)
    draft.run = {
      ...draft.run,
      ...run,
      counts: { ...draft.run.counts, ...run.counts },
      figures: { ...draft.run.figures, ...run.figures },
    };
  for (const gone of stages_gone ?? []) draft.stages.delete(gone);
  if (stages) merge(draft.stages, stages, "stage_id");
  if (artifacts) merge(draft.artifacts, artifacts, "file");
  if (incidents) {
    merge(draft.incidents, incidents.rows, "number");
    draft.incidents = keyed(newestIncidents([...draft.incidents.values()], TAIL_ROWS), (row) => row.number);
  }
  draft.state = {
    ...state,
    ...whole,
    routing: longer<RoutingRow>(state.routing, routing),
    ledger: longer<LedgerRow>(state.ledger, ledger),
    incidents: { total: incidents?.total ?? state.incidents.total, rows: [] },
  };
}
