import { describe, expect, it, vi } from "vitest";
import type { Stage, StageWindow } from "../src/kernel/wire";
import { moved } from "../src/panes/timeline/keys";
import { levelsOf, type Outline, outline } from "../src/panes/timeline/outline";
import { CAPACITY, createStagePages, PAGE_ROWS } from "../src/panes/timeline/stage-pages";
import { isOpen, treeRows } from "../src/panes/timeline/tree";
import { random, stage } from "./samples";

const inside = (id: string, parent_id: string | null, over: Partial<Stage> = {}) =>
  stage(id, { parent_id, ...over });

/** Gives each stage the number of its children. */
const counted = (stages: Stage[]): Stage[] =>
  stages.map((row, i) => ({
    ...row,
    number: i + 1,
    children: stages.filter(({ parent_id }) => parent_id === row.stage_id).length,
  }));

const drawn = (tree: Outline) =>
  Array.from({ length: tree.total }, (_, i) => tree.row(i)).map(
    ({ stage, depth }) => `${"-".repeat(depth)}${stage?.stage_id ?? "?"}`,
  );

const all = () => true;

const RUN = counted([
  inside("plan", null),
  inside("agent", null, { kind: "agent" }),
  inside("model", "agent"),
  inside("tool", "agent"),
  inside("fetch", "tool"),
  inside("last", null),
]);

describe("the rows of the tree", () => {
  it.each<[string, (stage: Stage) => boolean, string[]]>([
    ["closed", () => false, ["plan", "agent", "last"]],
    [
      "with an open stage",
      ({ stage_id }) => stage_id === "agent",
      ["plan", "agent", "-model", "-tool", "last"],
    ],
    ["all open", all, ["plan", "agent", "-model", "-tool", "--fetch", "last"]],
    ["of an open stage in a closed one", ({ stage_id }) => stage_id === "tool", ["plan", "agent", "last"]],
  ])("%s, are each stage before those inside it", (_, open, rows) => {
    expect(drawn(outline(levelsOf(RUN), open))).toEqual(rows);
    const saved = treeRows(RUN, open);
    expect(
      Array.from({ length: saved.total }, (_, i) => saved.row(i)).map(
        (row) => `${"-".repeat(row?.depth ?? 0)}${row?.stage.stage_id}`,
      ),
    ).toEqual(rows);
  });

  it("have a stage at the top whose parent is unknown, or is inside it", () => {
    const odd = [inside("orphan", "gone"), inside("a", "b"), inside("b", "a")];
    expect(drawn(outline(levelsOf(odd), all))).toEqual(["orphan", "a", "-b"]);
  });

  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    "contain every stage in open ones once, in order, in any tree (seed %i)",
    (seed) => {
      const next = random(seed + 1);
      const size = Math.floor(next() * 60);
      const stages = counted(
        Array.from({ length: size }, (_, i) =>
          inside(`s${i}`, next() < 0.3 || !i ? null : `s${Math.floor(next() * i)}`),
        ),
      );
      const open = new Set(stages.filter(() => next() < 0.5).map(({ stage_id }) => stage_id));
      const expected: string[] = [];
      const walk = (parent: string | null) => {
        for (const row of stages.filter(({ parent_id }) => parent_id === parent)) {
          expected.push(row.stage_id);
          if (open.has(row.stage_id)) walk(row.stage_id);
        }
      };
      walk(null);
      const tree = outline(levelsOf(stages), ({ stage_id }) => open.has(stage_id));
      const rows = Array.from({ length: tree.total }, (_, i) => tree.row(i));
      expect(rows.map((row) => row.stage?.stage_id)).toEqual(expected);
      rows.forEach((row, i) => {
        expect(tree.last((known) => known === row.stage)).toBe(i);
        expect(row.parent?.stage_id ?? null).toBe(row.stage?.parent_id);
        expect(row.rows.get(row.place)).toBe(row.stage);
      });
    },
  );

  it("of 100,000 stages inside each other are drawn", () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => inside(`s${i}`, i ? `s${i - 1}` : null));
    const tree = outline(levelsOf(chain), all);
    expect(tree.total).toBe(100_000);
    expect(tree.row(99_999)).toMatchObject({ depth: 99_999, place: 0, total: 1 });
  });
});

describe("a stage", () => {
  it("is open while it is at work and where it failed", () => {
    const open = (status: Stage["status"]) => isOpen({ opened: new Map() }, stage("a", { status }));
    const statuses = [
      "pending",
      "running",
      "completed",
      "failed",
      "recovering",
      "recovered",
      "cancelled",
    ] as const;
    expect(statuses.filter(open)).toEqual(["running", "failed", "recovering"]);
  });

  it("is open or closed as the person decided", () => {
    const running = stage("a", { status: "running" });
    const done = stage("b", { status: "completed" });
    expect([isOpen({ opened: new Map() }, running), isOpen({ opened: new Map() }, done)]).toEqual([
      true,
      false,
    ]);
    const opened = new Map([
      ["a", false],
      ["b", true],
    ]);
    expect([isOpen({ opened }, running), isOpen({ opened }, done)]).toEqual([false, true]);
  });
});

describe("the keys", () => {
  const tree = outline(levelsOf(RUN), all);

  it.each<[string, number, boolean | undefined, ReturnType<typeof moved>]>([
    ["ArrowDown", 0, undefined, 1],
    ["ArrowDown", 5, undefined, 5],
    ["ArrowUp", 0, undefined, 0],
    ["End", 1, true, 5],
    ["Home", 4, undefined, 0],
    ["PageDown", 1, true, 4],
    ["ArrowRight", 1, false, { open: true }],
    ["ArrowRight", 1, true, 2],
    ["ArrowRight", 2, undefined, 2],
    ["ArrowLeft", 1, true, { open: false }],
    ["ArrowLeft", 4, undefined, 3],
    ["ArrowLeft", 0, undefined, 0],
    ["l", 0, undefined, 5],
    ["p", 0, undefined, 0],
    ["x", 0, undefined, null],
    ["Tab", 0, undefined, null],
  ])("%s in row %i (open: %s) leads to %o", (key, active, open, target) => {
    expect(moved(tree, active, key, open, 3)).toEqual(target);
  });
});

/** A run of one agent with so many calls, of which the state holds the newest. */
function bigRun(calls: number, inState = 50) {
  const agent = stage("agent", { kind: "agent", status: "running", children: calls });
  const call = (i: number) =>
    inside(`call ${i}`, "agent", { number: i + 2, status: "completed", kind: "tool" });
  const newest = Array.from({ length: inState }, (_, i) => call(calls - inState + i));
  const newestMoment = { run: "r", moment: undefined, playing: false };
  const known = { ...newestMoment, stages: [agent, ...newest], top: 1, all: calls + 1 };
  const fetched: [string | null, number][] = [];
  const fetch = async (parent: string | null, start: number): Promise<StageWindow> => {
    fetched.push([parent, start]);
    const rows = Array.from({ length: Math.min(PAGE_ROWS, calls - start) }, (_, i) => call(start + i));
    return { total: calls, start, rows };
  };
  return { known, fetch, fetched };
}

describe("the pages of stages", () => {
  it("are requested for the rows on screen, and only those", async () => {
    const { known, fetch, fetched } = bigRun(100_000, 0);
    const changed = vi.fn();
    const pages = createStagePages(fetch, all, changed);
    const draw = (first: number) => {
      const tree = outline(pages.levels(known), all);
      pages.fetchVisible(tree, first, first + 30);
      return tree;
    };
    expect(draw(49_900).total).toBe(100_001);
    await vi.waitFor(() => expect(changed).toHaveBeenCalled());
    const tree = draw(49_900);
    expect(fetched).toEqual([["agent", 49_800]]);
    expect(tree.row(49_901).stage?.stage_id).toBe("call 49900");
    expect(tree.row(10).stage).toBeUndefined();
  });

  it("are kept up to a number, whatever is looked at", async () => {
    const { known, fetch } = bigRun(100_000);
    const changed = vi.fn();
    const pages = createStagePages(fetch, ({ kind }) => kind === "agent", changed);
    let loaded = 0;
    for (let first = 1; first < 100_000; first += 3 * PAGE_ROWS) {
      const before = changed.mock.calls.length;
      const tree = outline(pages.levels(known), ({ kind }) => kind === "agent");
      pages.fetchVisible(tree, first, first + 30);
      await vi.waitFor(() => expect(changed.mock.calls.length).toBeGreaterThan(before), { interval: 1 });
      loaded = Math.max(loaded, tree.row(1).rows.size);
    }
    expect(loaded).toBeGreaterThan(CAPACITY / 2);
    expect(loaded).toBeLessThanOrEqual(CAPACITY + PAGE_ROWS);
  });

  it("are not requested where the state holds all", () => {
    const { known, fetch, fetched } = bigRun(50);
    const pages = createStagePages(fetch, all, () => undefined);
    const tree = outline(pages.levels(known), all);
    pages.fetchVisible(tree, 0, 51);
    expect(tree.total).toBe(51);
    expect(fetched).toEqual([]);
  });

  it("find the place of what is at work: among the newest", async () => {
    const { known, fetch, fetched } = bigRun(5_000);
    const changed = vi.fn();
    const pages = createStagePages(fetch, all, changed);
    const draw = () => {
      const tree = outline(pages.levels(known), all);
      pages.fetchVisible(tree, 0, 1);
      return tree;
    };
    draw();
    await vi.waitFor(() => expect(changed).toHaveBeenCalled());
    expect(fetched).toEqual([["agent", 4_800]]);
    expect(draw().last(({ stage_id }) => stage_id === "call 4999")).toBe(5_000);
  });
});
