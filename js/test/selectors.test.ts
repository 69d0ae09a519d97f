import { describe, expect, it } from "vitest";
import type { Link, RunHeader, Stage } from "../src/kernel/wire";
import { axisStep, stagesToCome, timeline } from "../src/panes/timeline/axis";
import { runBlocked, statusOf } from "../src/shell/live-status";
import { elapsedMs } from "../src/shell/run-status";
import { isTicking, ofStage, shownArtifact } from "../src/state/selectors";
import { artifact, form, link, run, stage, state, verdict } from "./samples";

describe("statusOf", () => {
  it.each<[string, Link, RunHeader | null, string, string, string]>([
    ["nothing run yet", link({ phase: "idle" }), null, "", "Ready", ""],
    [
      "the host starts",
      link({ phase: "starting", message: "Starting the host" }),
      null,
      "busy",
      "Starting host",
      "Starting the host",
    ],
    ["connecting", link({ phase: "connecting" }), run({ status: "queued" }), "busy", "Connecting", ""],
    ["queued", link(), run({ status: "queued" }), "busy", "Queued", ""],
    ["running", link(), run(), "busy", "Running", ""],
    [
      "cut",
      link({ phase: "reconnecting", attempt: 2, retry_us: 8_200_000, message: "Cut." }),
      run(),
      "warning",
      "Reconnecting",
      "In 4 s. Cut. Attempt 2.",
    ],
    [
      "trying again",
      link({ phase: "reconnecting", attempt: 3, retry_us: 1_000_000, message: "Cut." }),
      run(),
      "warning",
      "Reconnecting",
      "Connecting for 4 s. Cut. Attempt 3.",
    ],
    [
      "busy",
      link({
        phase: "reconnecting",
        attempt: 1,
        retry_us: 95_000_000,
        message: "https://w.example is busy.",
      }),
      run(),
      "warning",
      "Reconnecting",
      "In 90 s. The server is busy. Attempt 1 at https://w.example.",
    ],
    [
      "stalled",
      link({ phase: "stalled", message: "Quiet for 45 s." }),
      run(),
      "warning",
      "Stalled",
      "Quiet for 45 s.",
    ],
    ["left running", link({ phase: "idle" }), run(), "", "Not followed", ""],
  ])("%s", (_, at, of, ...expected) => {
    expect(statusOf("here", state({ link: at, run: of }), 5_000_000)).toEqual(expected);
  });

  it.each<[string, RunHeader, string[]]>([
    [
      "done",
      run({ status: "completed", verdict: verdict("Completed · 1 recovered") }),
      ["ok", "Completed · 1 recovered", "", "Completed"],
    ],
    [
      "failed",
      run({
        status: "failed",
        verdict: verdict("Failed in Copy", { tone: "error", reason: "Why, in its own place." }),
      }),
      ["error", "Failed in Copy", "", "Failed"],
    ],
    [
      "cancelled",
      run({ status: "cancelled", verdict: verdict("Cancelled", { tone: "neutral", reason: "By hand." }) }),
      ["", "Cancelled", "By hand.", "Cancelled"],
    ],
    [
      "a verification",
      run({
        status: "completed",
        verdict: verdict("Completed", { tone: "warning", reason: "Run again: the artifacts differ." }),
      }),
      ["warning", "Completed", "Run again: the artifacts differ.", "Completed"],
    ],
  ])("is the verdict of a run that has ended: %s", (_, of, expected) => {
    const cut = link({ phase: "reconnecting", message: "Cut." });
    for (const at of [link({ phase: "ended" }), cut]) {
      expect(statusOf("here", state({ link: at, run: of }), 0)).toEqual(expected);
    }
    expect(statusOf("silent", state({ link: cut, run: of }), 0)).toEqual(expected);
  });

  it("does not pretend to know what a silent kernel does", () => {
    expect(statusOf("silent", state(), 0)[1]).toBe("No answer");
    expect(statusOf("silent", state({ run: null }), 0)[1]).toBe("No answer");
  });

  it("is not ready where no worker can be asked, and ready where only some run is not known", () => {
    const idle = (code: string, phase: Link["phase"] = "idle") =>
      state({
        run: null,
        link: link({ phase }),
        form: form({ notice: { code, message: "Why.", problems: [] } }),
      });
    expect(statusOf("here", idle("host_unreachable"), 0)).toEqual(["error", "Not ready", ""]);
    expect(statusOf("here", idle("run_unknown"), 0)[1]).toBe("Ready");
    expect(statusOf("here", idle("key_refused", "starting"), 0)[1]).toBe("Starting host");
  });

  it("waits for the kernel first", () => {
    expect(statusOf("connecting", state(), 0)[1]).toBe("Connecting");
  });
});

describe("elapsedMs", () => {
  const of = (over: Partial<RunHeader>) => state({ run: run(over) });

  it("ticks from the start while the run goes on", () => {
    expect(elapsedMs(state(), 3_500_000)).toBe(2_500);
    expect(elapsedMs(state({ link: link({ phase: "reconnecting" }) }), 3_500_000)).toBe(2_500);
    expect(elapsedMs(state(), 500_000)).toBe(0);
  });

  it("is the reported duration after the run, before that the time of the events", () => {
    expect(elapsedMs(of({ status: "completed", latency_ms: 42, ended_us: 9e6 }), 99e6)).toBe(42);
    expect(elapsedMs(of({ status: "failed", ended_us: 9e6 }), 99e6)).toBe(8_000);
  });

  it("is not known without a start, or for a run that is not followed", () => {
    expect(elapsedMs(state({ run: null }), 0)).toBeNull();
    expect(elapsedMs(of({ started_us: null }), 0)).toBeNull();
    expect(elapsedMs(state({ link: link({ phase: "idle" }) }), 9e6)).toBeNull();
    expect(isTicking(of({ recording: true }))).toBe(false);
  });
});

describe("the stages to come", () => {
  it("are those announced without a bar, while the run goes on", () => {
    const begun = (status: RunHeader["status"], total_stages: number) => {
      const known = run({ status, total_stages });
      return { ...known, counts: { ...known.counts, top_stages: 2 } };
    };
    expect(stagesToCome(begun("running", 8))).toBe(6);
    expect(stagesToCome(begun("running", 2))).toBe(0);
    expect(stagesToCome(begun("failed", 8))).toBe(0);
    expect(stagesToCome(null)).toBe(0);
  });
});

describe("timeline", () => {
  const stages = [
    stage("a", { status: "completed", started_us: 1e6, ended_us: 2e6, duration_ms: 990 }),
    stage("b", { status: "running", started_us: 2e6 }),
    stage("c"),
  ];

  it("puts every stage on one axis, and lets the running stage grow", () => {
    const early = timeline(stages, run(), 3e6, true, 400);
    const late = timeline(stages, run(), 4.5e6, true, 400);
    expect(stages.map(early.barOf).map((bar) => [bar.left, bar.width])).toEqual([
      [0, 50],
      [50, 50],
      [0, 0],
    ]);
    expect(late.ticks.map((tick) => tick.label)).toEqual(["0", "1 s", "2 s", "3 s", "4 s"]);
    expect(late.barOf(stages[1] as Stage).width).toBeCloseTo(62.5);
    expect(late.barOf(stages[1] as Stage).durationMs).toBe(2_500);
    expect(late.barOf(stages[0] as Stage).durationMs).toBe(990);
  });

  it.each([
    [4, 400, ["0", "100 ms", "200 ms", "300 ms", "400 ms"]],
    [4, 102, ["0", "200 ms", "400 ms"]],
    [4, 60, ["0", "300 ms"]],
    [40, 114, ["0", "1 s", "2 s", "3 s", "4 s"]],
    [3, 102, ["0", "200 ms"]],
    [3, -20, ["0", "300 ms"]],
  ])("labels an axis of %i00 ms as often as there is room in %i px", (parts, axisPx, labels) => {
    const ended = stage("a", { status: "failed", started_us: 1e6, ended_us: 1e6 + parts * 1e5 });
    const { ticks, barOf } = timeline([ended], run(), 9e6, false, axisPx);
    expect(ticks.map(({ label }) => label)).toEqual(labels);
    expect(ticks.every(({ at }, i) => at === i * (ticks[1]?.at ?? 0))).toBe(true);
    expect(barOf(ended).width).toBe(100);
  });

  it("stops growing when the run is no longer followed", () => {
    const { barOf } = timeline(stages, run(), 9e6, false, 400);
    expect(barOf(stages[1] as Stage)).toMatchObject({ live: false, width: 0 });
  });

  it("never draws to the left of the start or with a negative width", () => {
    const odd = stage("a", { status: "completed", started_us: 5e5, ended_us: 4e5 });
    expect(timeline([odd], run(), 9e6, true, 400).barOf(odd)).toMatchObject({ left: 0, width: 0 });
  });

  it.each([
    [3, 1],
    [950, 500],
    [11_200, 3_000],
    [70_000, 30_000],
    [100 * 3600e3, 25 * 3600e3],
  ])("divides %i ms into parts of %i", (ms, step) => {
    expect(axisStep(ms)).toBe(step);
    expect(ms / step).toBeLessThanOrEqual(4);
  });
});

describe("shownArtifact", () => {
  const all = [
    artifact("a.json", { position: 5 }),
    artifact("b.html", { position: 3 }),
    artifact("c.md", { position: 9, status: "assembling" }),
  ];

  it("follows the worker until an artifact is picked, then stays", () => {
    expect(shownArtifact(all, null, false)?.file).toBe("c.md");
    expect(shownArtifact(all, "a.json", false)?.file).toBe("a.json");
    expect(shownArtifact(all, "a.json", true)?.file).toBe("a.json");
  });

  it("shows the newest document when the run is over, and JSON only if there is no other", () => {
    const answer = artifact("answer.md", { position: 3 });
    const state = artifact("state.json", { position: 9 });
    const older = artifact("notes.md", { position: 2 });
    expect(shownArtifact([older, state, answer], null, true)?.file).toBe("answer.md");
    expect(shownArtifact([older, state, answer], null, false)?.file).toBe("state.json");
    expect(shownArtifact([artifact("old.json", { position: 1 }), state], null, true)?.file).toBe(
      "state.json",
    );
    expect(
      shownArtifact([state, artifact("a.html", { position: 1, has_content: false })], null, true)?.file,
    ).toBe("a.html");
    const pages = [artifact("index.html", { position: 4 }), artifact("more.html", { position: 6 }), answer];
    expect(shownArtifact(pages, null, true)?.file).toBe("index.html");
  });

  it("shows the page when the run is over", () => {
    expect(shownArtifact(all, null, true)?.file).toBe("b.html");
    expect(shownArtifact(all.slice(2), null, true)?.file).toBe("c.md");
  });

  it("falls back when what was picked is not there", () => {
    expect(shownArtifact(all, "gone.md", false)?.file).toBe("c.md");
    expect(shownArtifact([], "gone.md", false)).toBeNull();
  });
});

describe("the primary button", () => {
  const worker = (status: string, reason: string | null = null) =>
    form({
      workers: [
        {
          id: "w",
          name: "Repo Fixer",
          description: "",
          status,
          moats: [],
          options: [],
          secrets: [],
          capabilities: [],
          reason,
        },
      ],
    });
  const idle = (over = {}) => state({ run: null, link: link({ phase: "idle" }), form: form(over) });
  const notice = (code: string) => ({ code, message: "Nothing answers.", problems: [] });

  it("has a reason when it is disabled", () => {
    expect(runBlocked("here", idle(), "a task")).toBe("");
    expect(runBlocked("here", idle(), "  ")).toBe("Write a task first.");
    expect(runBlocked("connecting", idle(), "a task")).toBe("Waiting for the kernel.");
  });

  it("starts nothing where no server was found, but tries again beside a run", () => {
    expect(runBlocked("here", idle({ notice: notice("key_refused") }), "a task")).toBe("Nothing answers.");
    expect(runBlocked("here", idle({ notice: notice("run_unknown") }), "a task")).toBe("");
    const beside = state({ run: run(), form: form({ notice: notice("host_unreachable") }) });
    expect(runBlocked("here", beside, "a task")).toBe("");
  });

  it("agrees with the status about a worker that cannot run", () => {
    for (const [form, reason] of [
      [worker("coming_soon"), "Repo Fixer is announced and cannot run yet. Choose another worker."],
      [worker("unavailable", "It needs a GPU."), "Repo Fixer cannot run: It needs a GPU."],
    ] as const) {
      expect(runBlocked("here", state({ run: null, form }), "a task")).toBe(reason);
      expect(statusOf("here", state({ run: null, link: link({ phase: "idle" }), form }), 0)).toEqual([
        "warning",
        "Not available",
        reason,
      ]);
    }
    expect(statusOf("here", idle({ ...worker("beta") }), 0)[1]).toBe("Ready");
  });
});

it("a stage's rows include those of the stages inside it", () => {
  const stages = [
    { stage_id: "outer", parent_id: null },
    { stage_id: "inner", parent_id: "outer" },
    { stage_id: "leaf", parent_id: "inner" },
    { stage_id: "other", parent_id: null },
  ] as Stage[];
  const rows = ["outer", "inner", "leaf", "other", null].map((stage_id) => ({ stage_id }));
  const of = (stage: string | null) => ofStage(rows, stage, stages).map((row) => row.stage_id);
  expect(of("outer")).toEqual(["outer", "inner", "leaf"]);
  expect(of("leaf")).toEqual(["leaf"]);
  expect(of("gone")).toEqual([]);
  expect(of(null)).toHaveLength(5);
});
