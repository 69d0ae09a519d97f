// The synthetic run history: its newest runs, and a comparison of two.

import type { ComparedRuns, Engine, HealthLine, HistoryRow, Home, WorkerCard } from "../src/kernel/wire";

export const SHOWN_RUN = "3d303d0d-2b8a-4061-8302-33d99695c39d";

const AGES_MIN = [0.5, 4, 19, 66, 190, 700, 1500, 3000, 4400, 9000];
const TASKS = [
  "A landing page for a podcast tool that small teams like to use",
  "Write a tagline",
  "Launch page for a bakery that delivers bread before seven in the morning, with a waiting list",
];

export function recentRuns(): HistoryRow[] {
  return AGES_MIN.map((minutes, n) => {
    const status = n === 3 ? "failed" : n === 5 ? "cancelled" : "completed";
    return {
      run_id: n === 0 ? SHOWN_RUN : `run-${n}`,
      worker: "business-builder",
      task: TASKS[n % 3] ?? null,
      status,
      success: n !== 3,
      error: n === 3 ? "Preflight: the value proposition promises a guaranteed result (policy M19)." : null,
      started_us: Date.now() * 1000 - minutes * 60e6,
      latency_ms: 11_200 - n * 413,
      replay_of: n === 1 ? "run-4" : null,
      strict_mode: n === 2,
      recorded: n !== 8,
      replayable: status === "completed" && n !== 8,
    };
  });
}

export function comparedRuns(a: string, b: string): ComparedRuns {
  const runs = [a, b].map((id) => recentRuns().find(({ run_id }) => run_id === id));
  const row = (name: string, a: string, b: string, change: string, file: string | null = null) => ({
    ...{ name, a, b, change, file },
    differs: a !== b || file !== null,
  });
  return {
    run_ids: [a, b],
    tasks: runs.map((run) => run?.task ?? "") as [string, string],
    started_us: runs.map((run) => run?.started_us ?? 0) as [number, number],
    sections: [
      {
        title: "Run",
        rows: [
          row("Status", "Completed", "Completed", "same"),
          row("Duration", "11.2 s", "10.4 s", "−800 ms"),
          row("Tokens", "3,360", "3,772", "+412"),
          row("Problems", "2", "2", "same"),
        ],
      },
      {
        title: "Stages",
        rows: ["Preflight Validation", "Market Research", "Recovery & Normalization"].map((name, n) =>
          row(name, "completed in 1.2 s", n === 1 ? "recovered in 1.4 s" : "completed in 1.2 s", "+200 ms"),
        ),
      },
      {
        title: "Artifacts",
        rows: [
          row("landing.html", "18,204 characters", "17,990 characters", "changed", "landing.html"),
          row("positioning.md", "2,210 characters", "2,210 characters", "identical"),
          row("launch_plan.md", "4,210 characters", "–", "only in the first run"),
        ],
      },
    ],
  };
}

const ENGINES: [string, string][] = [
  ["M9", "Failure catalog"],
  ["M10", "Recovery"],
  ["M15", "Governance"],
  ["M17", "Agent routing"],
  ["M18", "Drift detection"],
  ["M19", "Policy checks"],
  ["M20", "Policy compiler"],
];

const enginesOf = (count: number, status: Engine["status"]): Engine[] =>
  ENGINES.slice(0, count).map(([number, name]) => ({ number, name, status, reason: null }));

function workerCards(): WorkerCard[] {
  const engines = enginesOf(7, "available");
  engines[2] = {
    ...(engines[2] as Engine),
    status: "unavailable",
    reason: "its budget service is not installed",
  };
  return [
    {
      id: "business-builder",
      name: "Business Builder",
      description: "Turns a task and a brand into positioning, copy, a landing page and a launch plan.",
      status: "available",
      reason: null,
      runnable: true,
      engines,
    },
    {
      id: "code-debugger",
      name: "Code Debugger",
      description: "Finds the cause of a failing test and proposes a change.",
      status: "coming_soon",
      reason: null,
      runnable: false,
      engines: enginesOf(4, "planned"),
    },
    {
      id: "broken",
      name: "Broken",
      description: "Installed as acme_workers:create.",
      status: "unavailable",
      reason: "acme_workers:create cannot be loaded (ImportError: No module named 'acme')",
      runnable: false,
      engines: [],
    },
  ];
}

const HEALTHY: HealthLine[] = [
  { name: "Embedded host", tone: "ok", text: "healthy, version 0.1.0, 1 run in progress" },
  { name: "Engines", tone: "warning", text: "7 of 8 available; unavailable: M15" },
  { name: "Language model", tone: "", text: "none is configured: workers write by their rules" },
];

/** The home page with the given number of workers and runs; `health` of a server that does not answer. */
export function homePage(workers: number, runs: number, health: HealthLine[] = HEALTHY): Home {
  const cards = workerCards();
  const many = Array.from({ length: workers }, (_, n) => {
    const card = cards[n % 3] as WorkerCard;
    return n < 3 ? card : { ...card, id: `${card.id}-${n}`, name: `${card.name} ${n}` };
  });
  return {
    intro: [
      ["A worker does one job", "You give it a task. Agents do the work in stages, and you get files."],
      [
        "Same input, same files",
        "A replay token holds plan, inputs and seed. Run again and verify compares every file.",
      ],
      ["Every step is recorded", "A log on this computer keeps all events. Replay shows a run again."],
      [
        "Rules are checked",
        "Policies and your brand's voice are checked in each stage. What breaks a rule is rewritten.",
      ],
      [
        "Failures are repaired in view",
        "Known failures have known repairs. You see what was found and done.",
      ],
    ].map(([title = "", text = ""]) => ({ title, text })),
    workers: many,
    runs: recentRuns().slice(0, runs),
    total: runs && runs + 2,
    health,
    error: null,
  };
}
