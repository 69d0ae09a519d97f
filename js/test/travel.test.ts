import { describe, expect, it, vi } from "vitest";
import type { AxisMark, RunAxis } from "../src/kernel/wire";
import { createLedgerLive } from "../src/panes/ledger/live";
import { createRowPages } from "../src/panes/row-pages";
import { createStagePages } from "../src/panes/timeline/stage-pages";
import { nextStep } from "../src/shell/draft";
import { statusOf } from "../src/shell/live-status";
import { elapsedMs } from "../src/shell/run-status";
import { type TravelAction, travelAction } from "../src/shell/travel/keys";
import { createMoves, NEWEST } from "../src/shell/travel/moves";
import {
  activityPath,
  behindWords,
  MARKED,
  MARKS,
  markPath,
  marksNear,
  markWords,
  merged,
  momentWords,
  positionAt,
  shareOf,
  stageAt,
  tickPath,
  timeAt,
  timeOf,
} from "../src/shell/travel/scale";
import { createArtifacts } from "../src/state/artifacts";
import { isActive, isRunning, isStill, isTicking } from "../src/state/selectors";
import { applyPatch } from "../src/state/store";
import { FIRST_VIEW } from "../src/state/view";
import { artifact, form, incident, link, past, run, stage, state, verdict } from "./samples";

const mark = (time_us: number, over: Partial<AxisMark> = {}): AxisMark => ({
  position: Math.round(time_us / 1e6),
  last: Math.round(time_us / 1e6),
  time_us,
  kind: "error",
  label: "It failed",
  stage_id: null,
  count: 1,
  ...over,
});

const axis = (over: Partial<RunAxis> = {}): RunAxis => ({
  start_us: 10e6,
  end_us: 20e6,
  newest: 101,
  points: [
    [1, 10e6],
    [51, 12e6],
    [101, 20e6],
  ],
  activity: [50, 0, 1, 49],
  marks: [],
  changes: [],
  ...over,
});

describe("a place on the time axis", () => {
  it.each([
    [10e6, 0],
    [12.5e6, 0.25],
    [20e6, 1],
    [9e6, 0],
    [21e6, 1],
  ])("of %i µs is %f", (us, share) => {
    expect(shareOf(axis(), us)).toBe(share);
  });

  it.each([
    [0, 10e6],
    [0.25, 12.5e6],
    [1, 20e6],
    [-1, 10e6],
    [2, 20e6],
  ])("%f is at a time", (share, us) => {
    expect(timeOf(axis(), share)).toBe(us);
  });

  it.each([
    [1, 10e6],
    [26, 11e6],
    [51, 12e6],
    [76, 16e6],
    [101, 20e6],
    [500, 20e6],
    [0, 10e6],
  ])("of event %i is its time, and back", (position, us) => {
    expect(timeAt(axis(), position)).toBe(us);
    if (position > 0 && position < 102) expect(positionAt(axis(), us)).toBe(position);
  });

  it("is the newest moment where the run has one event, or none", () => {
    expect(shareOf({ start_us: 5, end_us: 5 }, 5)).toBe(1);
    expect(positionAt({ points: [] }, 5)).toBe(0);
    expect(timeAt({ points: [[1, 5]] }, 9)).toBe(5);
  });

  it("counts no event before its time", () => {
    expect(positionAt(axis(), 12e6 - 1)).toBe(50);
    expect(positionAt(axis(), 9e6)).toBe(1);
  });
});

describe("what is drawn on the axis", () => {
  it("is at most 31 marks of each kind, which stand for all", () => {
    const marks = Array.from({ length: 5_000 }, (_, i) => mark(10e6 + i * 2e3));
    const drawn = merged(axis({ marks }), "error");
    expect(drawn.length).toBeLessThanOrEqual(31);
    expect(drawn.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
    expect(merged(axis({ marks }), "artifact")).toEqual([]);
    expect(merged(axis({ marks: [mark(0, { time_us: null, position: 76 })] }), "error")[0]?.share).toBe(0.6);
    // The axis itself is not changed.
    expect(marks.every(({ count }) => count === 1)).toBe(true);
  });

  it("is one path for the starts of all stages, and one for the activity", () => {
    const marks = [mark(10e6, { kind: "stage" }), mark(15e6, { kind: "stage" }), mark(16e6)];
    expect(tickPath(axis({ marks }))).toBe("M0 0v100M500 0v100");
    expect(activityPath(axis())).toBe("M0 100V0H250V100H500V86H750V1H1000V100Z");
    expect(activityPath({ activity: [] })).toBe("M0 100V100Z");
  });

  it("is one path for all marks of a kind, in its shape at its place", () => {
    const marks = [mark(10e6, { kind: "violation" }), mark(15e6, { kind: "violation" }), mark(16e6)];
    expect(markPath(axis({ marks }), "violation", 400)).toBe("M0 8m0-4 4 8h-8ZM200 8m0-4 4 8h-8Z");
    expect(markPath(axis({ marks }), "artifact", 400)).toBe("");
    for (const kind of MARKED) {
      const row = axis({ marks: [mark(12.5e6, { kind })] });
      const lower = ["recovery", "artifact", "pause", "resume"].includes(kind);
      expect(markPath(row, kind, 400)).toBe(`M100 ${lower ? 20 : 8}${MARKS[kind][0]}`);
    }
  });

  it("is named at the pointer: the marks in reach, the nearest first, and the stage", () => {
    const marks = [
      mark(11e6, { kind: "stage", label: "Research" }),
      mark(14e6, { kind: "violation", label: "A claim" }),
      mark(14.06e6, { kind: "recovery", label: "Rewritten", count: 3 }),
      mark(15e6, { kind: "stage", label: "Copy" }),
    ];
    const near = marksNear(axis({ marks }), 0.407, 0.01);
    expect(near.map(markWords)).toEqual(["3 recoveries: Rewritten, …", "Violation: A claim"]);
    expect(markWords({ kind: "violation", label: "", count: 12 })).toBe("12 violations");
    expect(marksNear(axis({ marks }), 0.6, 0.01)).toEqual([]);
    expect(stageAt(axis({ marks }), 14e6)?.label).toBe("Research");
    expect(stageAt(axis({ marks }), 10e6)).toBeUndefined();
  });

  it("has marks for the pauses of the run, in the words of the log", () => {
    const marks = [
      mark(11e6, { kind: "pause", label: "Run paused." }),
      mark(11.5e6, { kind: "resume", label: "Run resumed after a pause of 2.0 s.", count: 3 }),
    ];
    expect(marksNear(axis({ marks }), 0.1, 0.001).map(markWords)).toEqual(["Run paused."]);
    expect(marksNear(axis({ marks }), 0.15, 0.001).map(markWords)).toEqual(["3 ends of pauses"]);
    expect(markPath(axis({ marks }), "pause", 400)).not.toBe("");
    expect(markPath(axis({ marks }), "resume", 400)).not.toBe("");
  });

  it.each([
    [340, 22.5e6, "12.5 s, event 340 of 2,100"],
    [0, 9e6, "0.0 s, event 0 of 2,100"],
    [2_000, 100e6, "1:30 min, event 2,000 of 2,100"],
  ])("moment %i in words", (position, time_us, words) => {
    expect(momentWords(10e6, { position, time_us }, 2_100)).toBe(words);
  });

  it.each([
    [42e6, "42 s behind live"],
    [200_000, "0 s behind live"],
    [123e6, "2:03 min behind live"],
  ])("%i µs in words", (us, words) => {
    expect(behindWords(us)).toBe(words);
  });
});

describe("the keys of the axis", () => {
  const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
  it.each<[string, boolean, TravelAction | null]>([
    ["ArrowRight", false, [1, "event"]],
    ["ArrowLeft", false, [-1, "event"]],
    ["ArrowRight", true, [1, "same"]],
    ["ArrowLeft", true, [-1, "same"]],
    ["PageDown", false, [1, "trouble"]],
    ["PageUp", false, [-1, "trouble"]],
    ["Home", false, "start"],
    ["End", false, "newest"],
    [" ", false, "play"],
    ["Enter", false, null],
    ["ArrowUp", false, null],
    ["Tab", true, null],
  ])("%s (Shift: %s)", (key, shiftKey, action) => {
    expect(travelAction({ ...none, key, shiftKey })).toEqual(action);
  });

  it("are left to the page with Ctrl, Alt and Cmd", () => {
    for (const held of ["ctrlKey", "altKey", "metaKey"])
      expect(travelAction({ ...none, key: "ArrowLeft", [held]: true })).toBeNull();
  });
});

describe("a run at an earlier moment", () => {
  const ended = run({ status: "completed", verdict: verdict("Completed") });

  it.each([
    ["goes on, then and now", state({ past: past({ over: false }) }), true, true],
    ["went on then, and has ended", state({ past: past() }), false, true],
    ["has ended, after its end", state({ run: ended, past: past() }), false, false],
    ["has ended, as it is now", state({ run: ended }), false, false],
    ["goes on, as it is now", state(), true, true],
    ["there is none", state({ run: null }), false, false],
  ])("%s", (_, shown, active, running) => {
    expect(isActive(shown)).toBe(active);
    expect(isRunning(shown)).toBe(running);
    expect(isTicking(shown)).toBe(running && !shown.past);
  });

  it("is not ticking, also where it is followed", () => {
    for (const phase of ["live", "ended", "idle", "reconnecting"] as const) {
      const shown = state({ past: past(), link: link({ phase }) });
      expect([isTicking(shown), isRunning(shown)]).toEqual([false, true]);
    }
    expect(isStill(state({ past: past() }))).toBe(true);
    expect(isStill(state({ past: past({ speed: 4 }) }))).toBe(false);
    expect(isStill(state())).toBe(false);
  });

  it.each([
    ["queued", "Queued"],
    ["running", "Running"],
    ["waiting", "Waiting"],
  ] as const)("shows its status then, calmly: %s", (status, label) => {
    const shown = state({
      run: run({ status, recording: true }),
      past: past(),
      link: link({ phase: "idle" }),
    });
    expect(statusOf("here", shown, 0)).toEqual(["", label, ""]);
    expect(statusOf("silent", shown, 0)[1]).toBe("No answer");
  });

  it("had taken so long then", () => {
    expect(elapsedMs(state({ past: past() }), 3_000_000)).toBe(2_000);
  });

  it("offers what the run as a whole offers", () => {
    const draft = form({ worker: "business-builder" });
    expect(nextStep(state({ form: draft, past: past() }), draft)).toBe("new");
    expect(nextStep(state({ form: draft, past: past({ over: false }) }), draft)).toBe("stop");
  });

  it("stays earlier through a patch, and is left by one", () => {
    const shown = state({ past: past() });
    expect(applyPatch(shown, {}).past).toEqual(past());
    expect(applyPatch(shown, { past: null }).past).toBeNull();
    expect(applyPatch(shown, { run: run({ run_id: "another" }) }).past).toBeNull();
  });
});

describe("the texts of artifacts at an earlier moment", () => {
  it("are those that were written then; longer ones and other versions are forgotten", () => {
    const rows = [artifact("a.md"), artifact("b.md"), artifact("c.md")];
    const texts = createArtifacts({ ...FIRST_VIEW }, () => state({ artifacts: rows }));
    for (const { file } of [...rows, { file: "later.md" }])
      texts.receive({ file, version: 1, offset: 0, text: "12345", done: true });
    texts.rewind([
      artifact("a.md", { chars: 5 }),
      artifact("b.md", { chars: 4 }),
      artifact("c.md", { version: 2 }),
    ]);
    const kept = ["a.md", "b.md", "c.md", "later.md"].filter((file) => texts.text(file));
    expect(kept).toEqual(["a.md"]);
    // What was forgotten is received from its beginning again.
    texts.receive({ file: "b.md", version: 1, offset: 0, text: "1234", done: false });
    expect(texts.text("b.md")?.chunks).toEqual(["1234"]);
  });
});

describe("the incidents of a live run", () => {
  it("are taken from the state at the top of their list alone: below it, others can be missing", () => {
    const rows = Array.from({ length: 200 }, (_, i) => incident(i + 2));
    const app = {
      run: { state: state({ incidents: { total: 201, rows } }), nowUs: 0 },
      painting: { changed: vi.fn() },
      operations: { request: vi.fn(), attempt: vi.fn() },
    };
    const pages = createLedgerLive(app as never, vi.fn()).incidents(null);
    expect(pages.row(9)).toBeDefined();
    expect(pages.row(10)).toBeUndefined();
    expect(pages.row(199)).toBeUndefined();
  });
});

describe("pages of rows at an earlier moment", () => {
  const source = (shown: ReturnType<typeof state>) => {
    const app = { run: { state: shown, nowUs: 0 }, painting: { changed: vi.fn() } };
    const asked: number[] = [];
    return { app, asked, pagesOf: createRowPages<{ at: number | undefined }>(app as never) };
  };

  it("are requested again where rows change, and stay on screen until then", async () => {
    const { app, asked, pagesOf } = source(state({ past: past({ position: 500 }) }));
    const fetch = async (start: number) => {
      asked.push(start);
      const { past, incidents } = app.run.state;
      return { total: incidents.total || 300, rows: Array(100).fill({ at: past?.position }) };
    };
    const draw = () => {
      const pages = pagesOf("", fetch, { varies: true, most: () => app.run.state.incidents.total || 300 });
      pages.fetchVisible(0, 20, 1);
      return pages;
    };
    draw();
    await vi.waitFor(() => expect(draw().row(0)).toEqual({ at: 500 }));
    const before = asked.length;
    draw();
    expect(asked).toHaveLength(before);
    app.run.state = state({ past: past({ position: 90 }), incidents: { total: 40, rows: [incident(1)] } });
    const pages = draw();
    expect([pages.total, pages.row(0)]).toEqual([40, { at: 500 }]);
    await vi.waitFor(() => expect(draw().row(0)).toEqual({ at: 90 }));
  });

  it("are not requested again where rows stay what they were", async () => {
    const { app, asked, pagesOf } = source(state({ past: past({ position: 500 }) }));
    const fetch = async (start: number) => {
      asked.push(start);
      return { total: 100, rows: Array(100).fill({ at: 500 }) };
    };
    const draw = () => pagesOf("", fetch, { most: () => 100 }).fetchVisible(0, 20, 100);
    draw();
    await vi.waitFor(() => expect(app.painting.changed).toHaveBeenCalled());
    app.run.state = state({ past: past({ position: 90 }) });
    draw();
    expect(asked).toEqual([0]);
  });

  it("are those at the end at once where it is known how many there are", async () => {
    const { asked, pagesOf } = source(state({ past: past({ position: 500 }) }));
    const fetch = async (start: number) => {
      asked.push(start);
      return { total: 1_234, rows: Array(34).fill({ at: 500 }) };
    };
    const pages = pagesOf("", fetch, { all: true, most: () => 1_234 });
    expect(pages.total).toBe(1_234);
    pages.fetchVisible(1_220, 1_234, 1_234);
    await vi.waitFor(() => expect(pages.row(1_233)).toEqual({ at: 500 }));
    pages.fetchVisible(1_220, 1_234, 1_234);
    expect(asked).toEqual([1_200]);
  });

  it("are not requested where the moment came with them", async () => {
    const { app, asked, pagesOf } = source(state({ past: past({ position: 500 }) }));
    const fetch = async (start: number) => {
      asked.push(start);
      return { total: 300, rows: Array(100).fill({ at: app.run.state.past?.position }) };
    };
    const draw = (rows: number) => {
      const known = Array(rows).fill({ at: app.run.state.past?.position });
      const pages = pagesOf("", fetch, { varies: true, all: true, most: () => 300, known: [known, 0] });
      pages.fetchVisible(0, 8, 300);
      return pages;
    };
    draw(10);
    app.run.state = state({ past: past({ position: 90 }) });
    expect([draw(10).row(7), asked]).toEqual([{ at: 90 }, []]);
    app.run.state = state({ past: past({ position: 80 }) });
    draw(5);
    expect(asked).toEqual([0]);
    await vi.waitFor(() => expect(draw(5).row(7)).toEqual({ at: 80 }));
  });

  it("are requested again for stages, which are as many as the run had then", async () => {
    let moment: number | undefined = 900;
    const changed = vi.fn();
    const pages = createStagePages(
      async (_, start) => ({
        total: moment === 900 ? 300 : 250,
        start,
        rows: [stage("s", { status: moment === 900 ? "completed" : "running" })],
      }),
      () => true,
      changed,
    );
    const shown = (top: number) =>
      pages.levels({ run: "r", moment, playing: false, stages: [], top, all: top });
    const draw = (top: number) => {
      const level = shown(top)(null);
      const tree = {
        total: level.total,
        row: (place: number) => ({ ...level, place, stage: level.rows.get(place) }),
      };
      pages.fetchVisible(tree as never, 0, 1);
      return level;
    };
    draw(300);
    await vi.waitFor(() => expect(draw(300).rows.get(0)?.status).toBe("completed"));
    moment = 100;
    expect(draw(250).total).toBe(250);
    expect(draw(250).rows.get(0)?.status).toBe("completed");
    await vi.waitFor(() => expect(draw(250).rows.get(0)?.status).toBe("running"));
  });
});

describe("the requests for moments", () => {
  function moves() {
    const answers: (() => void)[] = [];
    const request = vi.fn(() => new Promise<void>((done) => answers.push(done)));
    const changed = vi.fn();
    const operations = { request, fail: vi.fn(), errors: {}, clearError: vi.fn() };
    const app = { run: { state: state(), nowUs: 0 }, operations, painting: { changed } };
    return { app, request, answers, changed, moves: createMoves(app as never) };
  }
  const frame = () => new Promise((done) => setTimeout(done));
  const seekTo = (time_us: number) => ["travel.seek", { position: null, time_us }];

  it("are one at a time, and of those that wait only the newest is sent", async () => {
    const { moves: to, request, answers, app } = moves();
    for (const us of [1, 2, 3]) to.seek({ position: null, time_us: us }, us);
    expect(request).not.toHaveBeenCalled();
    await frame();
    expect(request.mock.calls).toEqual([seekTo(3)]);
    for (const us of [4, 5]) to.seek({ position: null, time_us: us }, us);
    await frame();
    expect(request).toHaveBeenCalledTimes(1);
    expect(to.targetUs).toBe(5);
    answers[0]?.();
    await frame();
    await frame();
    expect(request.mock.calls).toEqual([seekTo(3), seekTo(5)]);
    answers[1]?.();
    await frame();
    expect(to.targetUs).toBe(5);
    // Until the moment is shown, the handle stays where it was put.
    app.run.state = state({ past: past({ time_us: 4 }) });
    expect(to.targetUs).toBeNull();
  });

  it("cause no drawing when they are answered: that of the moment follows", async () => {
    const { moves: to, answers, app, changed } = moves();
    to.hold(true);
    to.seek({ position: null, time_us: 5 }, 5);
    await frame();
    changed.mockClear();
    answers[0]?.();
    await frame();
    expect(changed).not.toHaveBeenCalled();
    // The handle is where it is held.
    app.run.state = state({ past: past({ time_us: 4 }) });
    expect(to.targetUs).toBe(5);
    to.hold(false);
    expect(to.targetUs).toBeNull();
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("leave the handle where nothing else is shown, after a while", async () => {
    const { moves: to, answers, changed } = moves();
    to.seek({ position: null, time_us: 5 }, 5);
    await frame();
    changed.mockClear();
    answers[0]?.();
    await vi.waitFor(() => expect(changed).toHaveBeenCalled());
    expect(to.targetUs).toBeNull();
  });

  it("report an error, until another moment is chosen", async () => {
    const { moves: to, app } = moves();
    const refused = new Error("No run is on screen.");
    to.go(() => Promise.reject(refused));
    await frame();
    expect(app.operations.fail).toHaveBeenCalledWith("travel", refused);
    app.operations.errors = { travel: {} };
    to.seek(NEWEST);
    await frame();
    expect(app.operations.clearError).toHaveBeenCalledWith("travel");
  });

  it("are all the steps from a moment that was chosen, but of a held key none beyond the next", async () => {
    const { moves: to, request, answers } = moves();
    const answered = async () => {
      answers.shift()?.();
      await frame();
      await frame();
    };
    to.seek({ position: 7, time_us: null });
    await frame();
    to.step(1, "event");
    to.seek(NEWEST);
    to.step(-1, "trouble");
    to.step(-1, "trouble");
    to.step(-1, "trouble", true);
    for (let i = 0; i < 6; i += 1) await answered();
    const back = ["travel.step", { direction: -1, to: "trouble" }];
    expect(request.mock.calls).toEqual([
      ["travel.seek", { position: 7, time_us: null }],
      ["travel.seek", NEWEST],
      back,
      back,
    ]);
    to.step(1, "event", true);
    for (let i = 0; i < 3; i += 1) await answered();
    expect(request).toHaveBeenCalledTimes(5);
  });

  it("play and pause, at the chosen speed", async () => {
    const { moves: to, request, answers, app } = moves();
    to.set({ speed: 8 });
    to.toggle();
    await frame();
    app.run.state = state({ past: past({ speed: 8 }) });
    answers[0]?.();
    await frame();
    to.set({ shortPauses: false });
    await frame();
    answers[1]?.();
    await frame();
    to.toggle();
    await frame();
    answers[2]?.();
    await frame();
    app.run.state = state({ past: past() });
    to.step(-1, "trouble");
    await frame();
    answers[3]?.();
    await frame();
    to.seek(NEWEST);
    await frame();
    expect(request.mock.calls).toEqual([
      ["travel.play", { speed: 8, short_pauses: true }],
      ["travel.play", { speed: 8, short_pauses: false }],
      ["travel.pause", {}],
      ["travel.step", { direction: -1, to: "trouble" }],
      ["travel.seek", { position: null, time_us: null }],
    ]);
  });
});
