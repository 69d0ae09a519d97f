import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ConsoleState, FromKernel, Patch } from "../src/kernel/wire";
import { applyText, type ReceivedText } from "../src/state/artifact-text";
import { RowCache } from "../src/state/log-rows";
import { applyPatch, NOTHING, TAIL_ROWS } from "../src/state/store";
import { artifact, incident, ledgerRow, link, past, random, routingRow, run, stage, state } from "./samples";

describe("applyPatch", () => {
  const before = state({ stages: [stage("a"), stage("b")], artifacts: [artifact("x.md")] });

  it.each<[string, Patch, Partial<ConsoleState>]>([
    ["nothing", {}, {}],
    ["the link", { link: link({ phase: "stalled" }) }, { link: link({ phase: "stalled" }) }],
    ["figures", { run: run({ tokens: 7 }) }, { run: run({ tokens: 7 }) }],
    [
      "a changed stage in its place",
      { stages: [stage("a", { status: "running" })] },
      { stages: [stage("a", { status: "running" }), stage("b")] },
    ],
    ["a new stage at the end", { stages: [stage("c")] }, { stages: [stage("a"), stage("b"), stage("c")] }],
    [
      "an artifact that came twice, once",
      { artifacts: [artifact("x.md", { chars: 20 })] },
      { artifacts: [artifact("x.md", { chars: 20 })] },
    ],
    [
      "ledger rows",
      { ledger: { total: 2, rows: [ledgerRow(1), ledgerRow(2)] } },
      { ledger: { total: 2, rows: [ledgerRow(1), ledgerRow(2)] } },
    ],
  ])("takes %s", (_, patch, change) => {
    expect(applyPatch(before, patch)).toEqual({ ...before, ...change });
  });

  it("leaves what it was given as it was, and keeps what did not change", () => {
    const frozen = JSON.stringify(before);
    const after = applyPatch(before, { stages: [stage("a", { status: "running" })] });
    expect(JSON.stringify(before)).toBe(frozen);
    expect(after.stages[1]).toBe(before.stages[1]);
    expect(after.artifacts).toBe(before.artifacts);
  });

  it("drops everything of a run when another run comes", () => {
    const after = applyPatch(before, { run: run({ run_id: "run-2" }), stages: [stage("z")] });
    expect(after).toEqual(state({ run: run({ run_id: "run-2" }), stages: [stage("z")], artifacts: [] }));
    expect(after.form).toBe(before.form);
  });

  it("takes the incidents of an earlier moment of a long run as they come: others can have changed", () => {
    const rows = [incident(7), incident(9)];
    const shown = state({ incidents: { total: 900, rows: [incident(3)] } });
    const past_ = past({ position: 500 });
    const long = applyPatch(shown, { past: past_, incidents: { total: TAIL_ROWS + 1, rows } });
    expect(long.incidents.rows).toEqual(rows);
    const short = applyPatch(shown, { past: past_, incidents: { total: TAIL_ROWS, rows } });
    expect(short.incidents.rows.map(({ number }) => number)).toEqual([3, 7, 9]);
  });

  it("holds no more rows of a tail than the kernel does", () => {
    const rows = Array.from({ length: TAIL_ROWS }, (_, i) => routingRow(i + 1));
    const full = applyPatch(before, { routing: { total: TAIL_ROWS, rows } });
    const after = applyPatch(full, { routing: { total: TAIL_ROWS + 1, rows: [routingRow(TAIL_ROWS + 1)] } });
    expect(after.routing.total).toBe(TAIL_ROWS + 1);
    expect(after.routing.rows.map((row) => row.number)).toEqual(rows.map((row) => row.number + 1));
  });
});

/** A step of a synthetic kernel: the whole state after it, and its patch. */
function step(whole: ConsoleState, next: () => number): [ConsoleState, Patch] {
  const pick = Math.floor(next() * 6);
  const id = `s${Math.floor(next() * 4)}`;
  if (pick === 0) {
    const news = run({ tokens: Math.floor(next() * 1000) });
    return [{ ...whole, run: news }, { run: news }];
  }
  if (pick === 1) {
    const row = stage(id, { tokens: Math.floor(next() * 9) });
    const known = whole.stages.some((item) => item.stage_id === id);
    const stages = known
      ? whole.stages.map((item) => (item.stage_id === id ? row : item))
      : [...whole.stages, row];
    return [{ ...whole, stages }, { stages: [row] }];
  }
  if (pick === 2) {
    const n = whole.ledger.total + 1;
    const rows = [ledgerRow(n), ledgerRow(n + 1)];
    const ledger = { total: n + 1, rows: [...whole.ledger.rows, ...rows].slice(-TAIL_ROWS) };
    return [{ ...whole, ledger }, { ledger: { total: n + 1, rows } }];
  }
  if (pick === 3) {
    const n = whole.routing.total + 1;
    const routing = { total: n, rows: [...whole.routing.rows, routingRow(n)].slice(-TAIL_ROWS) };
    return [{ ...whole, routing }, { routing: { total: n, rows: [routingRow(n)] } }];
  }
  if (pick === 4) {
    const row = artifact(`${id}.md`, { chars: Math.floor(next() * 99) });
    const known = whole.artifacts.some((item) => item.file === row.file);
    const artifacts = known
      ? whole.artifacts.map((item) => (item.file === row.file ? row : item))
      : [...whole.artifacts, row];
    return [{ ...whole, artifacts }, { artifacts: [row] }];
  }
  const news = link({ attempt: Math.floor(next() * 9) });
  return [{ ...whole, link: news }, { link: news }];
}

describe("patches one after another", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))("give what a snapshot would (seed %i)", (seed) => {
    const next = random(seed + 1);
    let whole = state();
    let mine = state();
    for (let i = 0; i < 150; i += 1) {
      const [after, patch] = step(whole, next);
      whole = after;
      mine = applyPatch(mine, JSON.parse(JSON.stringify(patch)));
    }
    expect(mine).toEqual(whole);
  });
});

interface Golden {
  client: string;
  messages: FromKernel[];
  final: {
    state: ConsoleState;
    log: { total: number; messages: string[] };
    artifact: { file: string; text: string } | null;
  };
}

const GOLDEN = new URL("../../tests/golden/", import.meta.url);
const goldenRuns = readdirSync(GOLDEN).filter((name) => name.endsWith(".json"));

describe("golden runs", () => {
  it.each(goldenRuns)("%s ends as it does in the kernel", (name) => {
    const golden: Golden = JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8"));
    const { client, messages, final } = golden;
    const log = new RowCache();
    let mine = NOTHING;
    let text: ReceivedText | null = null;
    for (const message of messages) {
      if (message.kind !== "snapshot" && message.kind !== "frame") continue;
      mine = message.kind === "snapshot" ? message.state : applyPatch(mine, message.patch);
      const news = (message.kind === "snapshot" ? message.subscribers : message.patch.subscribers)?.[client];
      if (news?.log) log.put(news.log.total, news.log.rows, 0);
      if (news?.artifact) {
        text = applyText(text ?? undefined, news.artifact);
        expect(text).not.toBeNull();
      }
    }
    expect(mine).toEqual(final.state);
    expect(log.total).toBe(final.log.total);
    const tail = Array.from(final.log.messages, (_, k) =>
      log.rows.get(log.total - final.log.messages.length + k),
    );
    expect(tail.map((row) => row?.message)).toEqual(final.log.messages);
    expect(text && { file: text.file, text: text.chunks.join("") }).toEqual(final.artifact);
  });
});
