// Stages, routing decisions, incidents and ledger rows of a report, as they were at a position.

import type { Incident, LedgerRow, Requests, RoutingRow, Stage, StageDetail } from "../kernel/wire";
import { isUnrecovered } from "../state/incidents";
import { countUpto, listIn, type ReportData } from "./data";
import type { RunParts } from "./moments";

/** The number of an incident of checks that passed. */
const PASSED = 0;

type Result<Name extends keyof Requests> = Promise<Requests[Name]["result"]>;
type Args<Name extends keyof Requests> = Requests[Name]["args"];

/** Rows as they were until a position, each list in order. */
type Versions<Row> = Map<string | number, [until: number, row: Row][]>;

/** Of the versions of a row, the one after so many events: it was left out of the states before. */
function versionAt<Row>(versions: [until: number, row: Row][], position: number): Row | undefined {
  const known = countUpto(versions.length, (i) => (versions[i] as [number, Row])[0], position);
  return versions[known - 1]?.[1];
}

function collect<Row>(versions: Versions<Row>, key: string | number, until: number, row: Row): void {
  listIn(versions, key).push([until, row]);
}

export interface Rows {
  routing(args: Args<"routing.window">, upto: number, state: RunParts): Result<"routing.window">;
  incidents(args: Args<"incident.window">, upto: number, state: RunParts): Result<"incident.window">;
  ledger(args: Args<"ledger.window">, upto: number, state: RunParts): Result<"ledger.window">;
  stages(args: Args<"stages.window">, upto: number, state: RunParts): Result<"stages.window">;
  content(stageId: string, upto: number, state: RunParts): Promise<StageDetail>;
  /** The ids of a stage and of all stages inside it, at the end. */
  inside(stageId: string): Promise<ReadonlySet<string>>;
  /** The position of the next incident that is a problem, in a direction. */
  trouble(at: number, direction: 1 | -1): Promise<number | null>;
}

interface Stages {
  /** Positions at which stages were first mentioned, and how many there are then. */
  firsts: [position: number, total: number][];
  versions: Versions<Stage>;
  /** All stages in order, each as it was last. */
  all: Stage[];
}

const page = <Row>(rows: Row[], start: number, count: number) => ({
  total: rows.length,
  start: Math.min(Math.max(start, 0), rows.length),
  rows: rows.slice(Math.max(start, 0), Math.max(start, 0) + count),
});

/** A stage that was announced and is in no state yet. */
const announced = ({ stage_id, name, number, parent_id, kind }: Stage, like: Stage): Stage => ({
  ...like,
  ...{ stage_id, name, number, parent_id, kind },
});

export function createRows(data: ReportData, run: number): Rows {
  let stages: Promise<Stages> | undefined;

  async function readStages(): Promise<Stages> {
    const found: Stages = { firsts: [], versions: new Map(), all: [] };
    for (const [at, row] of await data.rows<[number, Stage | number]>(run, "stages"))
      if (typeof row === "number") found.firsts.push([at, row]);
      else collect(found.versions, row.stage_id, at, row);
    for (const versions of found.versions.values()) {
      versions.sort(([a], [b]) => a - b);
      // A stage that comes back after it has left the state is counted again; its place is the first.
      const { number } = (versions[0] as [number, Stage])[1];
      found.all.push({ ...(versions.at(-1) as [number, Stage])[1], number });
    }
    found.all.sort((a, b) => a.number - b.number);
    return found;
  }

  const allStages = () => {
    stages ??= readStages();
    return stages;
  };

  /** The ids of a stage and of all stages inside it, of some stages. */
  function treeOf(stageId: string, rows: readonly Stage[]): ReadonlySet<string> {
    const tree = new Set([stageId]);
    // A stage can be mentioned before the stage around it.
    for (let before = 0; before !== tree.size; ) {
      before = tree.size;
      for (const { stage_id, parent_id } of rows)
        if (parent_id !== null && tree.has(parent_id)) tree.add(stage_id);
    }
    return tree;
  }

  /** Whether a row is of a stage or one inside it, as the tree of stages was after so many events. */
  async function inStage(
    stageId: string | null,
    upto: number,
    state: RunParts,
  ): Promise<(row: { stage_id: string | null }) => boolean> {
    if (stageId === null) return () => true;
    const tree = treeOf(stageId, await stagesAt(upto, state));
    return ({ stage_id }) => stage_id !== null && tree.has(stage_id);
  }

  async function incidentVersions(): Promise<Versions<Incident>> {
    const found: Versions<Incident> = new Map();
    for (const [until, row] of await data.rows<[number, Incident]>(run, "incidents"))
      collect(found, row.number, until, row);
    return found;
  }

  async function stagesAt(upto: number, state: RunParts): Promise<Stage[]> {
    const { firsts, versions, all } = await allStages();
    const known =
      firsts[countUpto(firsts.length, (i) => (firsts[i] as [number, number])[0], upto) - 1]?.[1] ?? 0;
    const now = new Map(state.stages.map((row) => [row.stage_id, row]));
    const pending = state.stages.find(({ status }) => status === "pending");
    return all
      .filter(({ number }) => number <= known)
      .map((last) => {
        const row = now.get(last.stage_id) ?? versionAt(versions.get(last.stage_id) ?? [], upto);
        return row ?? (pending ? announced(last, pending) : last);
      });
  }

  return {
    inside: async (stageId) => treeOf(stageId, (await allStages()).all),
    async routing({ stage_id, start, count }, upto, state) {
      const passes = await inStage(stage_id, upto, state);
      const rows = await data.rows<RoutingRow>(run, "routing");
      return page(
        rows.filter((row) => row.position <= upto && passes(row)),
        start,
        count,
      );
    },
    async incidents({ stage_id, start, count }, upto, state) {
      const passes = await inStage(stage_id, upto, state);
      const now = new Map(state.incidents.rows.map((row) => [row.number, row]));
      const versions = await incidentVersions();
      const rows: Incident[] = [];
      for (let number = 1; number <= state.incidents.total; number += 1) {
        const known = versions.get(number) ?? [];
        const row = now.get(number) ?? versionAt(known, upto) ?? known[0]?.[1];
        if (row && passes(row)) rows.push(row);
      }
      rows.sort((a, b) => Number(isUnrecovered(b)) - Number(isUnrecovered(a)) || b.number - a.number);
      const passed = (await data.rows<LedgerRow>(run, "ledger")).filter(
        (row) => row.incident === PASSED && row.position <= upto && passes(row),
      ).length;
      return { ...page(rows, start, count), passed };
    },
    async ledger({ incident, stage_id, start, count }, upto, state) {
      const passes = await inStage(incident === PASSED ? stage_id : null, upto, state);
      const rows = await data.rows<LedgerRow>(run, "ledger");
      return page(
        rows.filter((row) => row.incident === incident && row.position <= upto && passes(row)),
        start,
        count,
      );
    },
    async stages({ parent_id, start, count }, upto, state) {
      const rows = await stagesAt(upto, state);
      return page(
        rows.filter((row) => row.parent_id === parent_id),
        start,
        count,
      );
    },
    async content(stageId, upto, state) {
      const stage = (await stagesAt(upto, state)).find(({ stage_id }) => stage_id === stageId);
      const detail: StageDetail = { input: null, output: null, traceback: null };
      if (!stage) return detail;
      const rows = await data.rows<[number, Partial<StageDetail>]>(run, "contents");
      for (const [position, content] of rows)
        if (position === stage.started_at || position === stage.ended_at) Object.assign(detail, content);
      return detail;
    },
    async trouble(at, direction) {
      const problems: number[] = [];
      for (const versions of (await incidentVersions()).values()) {
        const { outcome, position } = (versions.at(-1) as [number, Incident])[1];
        if (outcome !== "passed") problems.push(position);
      }
      problems.sort((a, b) => a - b);
      return (
        (direction > 0
          ? problems.find((position) => position > at)
          : problems.reverse().find((position) => position < at)) ?? null
      );
    },
  };
}
