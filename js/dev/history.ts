// The synthetic run history: its newest runs, and a comparison of two.

import type {
  ComparedFigures,
  ComparedRuns,
  Engine,
  HealthLine,
  HistoryRow,
  HistoryWindow,
  Home,
  RequestOf,
  Requests,
  WorkerCard,
} from "../src/kernel/wire";

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
      parent_run_id: null,
      strict_mode: n === 2,
      recorded: n !== 8,
      replayable: status === "completed" && n !== 8,
      starred: n === 2,
      tags: n === 2 ? ["baseline", "v2"] : [],
      note: n === 4 ? "Before the new prompt" : null,
    };
  });
}

/** The history of the synthetic kernel: the newest runs, and older ones. */
export class PageHistory {
  #runs: HistoryRow[];
  #deleted = new Set<string>();
  /** The part of the logs that the search has scanned. */
  #scanned = 0;
  #searched = "";

  constructor(runs: number) {
    const newest = recentRuns();
    this.#runs = Array.from({ length: runs }, (_, n) => {
      const row = newest[n % newest.length] as HistoryRow;
      if (n < newest.length) return row;
      const started_us = (row.started_us ?? 0) - n * 3600e6;
      return { ...row, run_id: `run-${n}`, recorded: true, tags: [], starred: false, started_us };
    });
  }

  /** Another notebook starts a run. */
  add(row: Partial<HistoryRow>): void {
    this.#runs.unshift({ ...(this.#runs[1] as HistoryRow), ...row });
  }

  answer({ name, args }: RequestOf<keyof Requests>): unknown {
    const change = (run_id: string, values: Partial<HistoryRow>) => {
      this.#runs = this.#runs.map((row) => (row.run_id === run_id ? { ...row, ...values } : row));
      return {};
    };
    switch (name) {
      case "history.list":
        return { runs: this.#kept().slice(0, 10), total: this.#kept().length };
      case "history.window":
        return this.#window(args as Requests["history.window"]["args"]);
      case "history.facets": {
        const all = this.#kept();
        const tags = [...new Set(all.flatMap((row) => row.tags))];
        return {
          workers: [["business-builder", all.length]],
          tags: tags.map((tag) => [tag, all.filter((row) => row.tags.includes(tag)).length]),
        };
      }
      case "history.star":
      case "history.tag":
      case "history.note": {
        const { run_id, ...values } = args as { run_id: string };
        return change(run_id, values);
      }
      case "history.trash":
        this.#deleted.add((args as { run_id: string }).run_id);
        return {};
      case "history.restore":
        this.#deleted.delete((args as { run_id: string }).run_id);
        return {};
      case "history.compare": {
        const { a, b } = args as { a: string; b: string };
        return comparedRuns(b, a);
      }
      case "history.figures":
        return comparedFigures((args as { run_ids: string[] }).run_ids);
      default:
        return undefined;
    }
  }

  #kept(): HistoryRow[] {
    return this.#runs.filter(({ run_id }) => !this.#deleted.has(run_id));
  }

  #window({ filter, start, count, known }: Requests["history.window"]["args"]): HistoryWindow {
    const { text, status, worker, tag, starred } = filter;
    const passing = this.#kept().filter(
      (row) =>
        (!status || row.status === status) &&
        (!worker || row.worker === worker) &&
        (!tag || row.tags.includes(tag)) &&
        (!starred || row.starred),
    );
    const inRows = passing.filter(({ task, note }) =>
      [task, note].some((words) => words?.toLowerCase().includes(text.toLowerCase())),
    );
    this.#scanned = text === this.#searched ? Math.min(1, this.#scanned + 0.25) : 0.25;
    this.#searched = text;
    const others = passing.filter((row) => !inRows.includes(row));
    const byLogs = others.slice(0, others.length * this.#scanned).map((row) => ({ ...row, lines: 12 }));
    const all = text ? [...inRows, ...byLogs] : passing;
    const rows = all.slice(start, start + count);
    const search = text
      ? {
          runs: byLogs.length,
          lines: 12 * byLogs.length,
          scanned: 1000 * this.#scanned,
          of: 1000,
          done: this.#scanned === 1,
          error: null,
        }
      : null;
    const answer = {
      total: all.length,
      in_rows: text ? inRows.length : all.length,
      all: this.#kept().length,
      start,
      search,
    };
    const version = JSON.stringify([answer, rows]);
    return { ...answer, version, rows: version === known ? null : rows };
  }
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
        more: 0,
        rows: [
          row("Status", "Completed", "Completed", "same"),
          row("Duration", "11.2 s", "10.4 s", "−800 ms"),
          row("Tokens", "3,360", "3,772", "+412"),
          row("Problems", "2", "2", "same"),
        ],
      },
      {
        title: "Stages",
        more: 0,
        rows: ["Preflight Validation", "Market Research", "Recovery & Normalization"].map((name, n) =>
          row(name, "completed in 1.2 s", n === 1 ? "recovered in 1.4 s" : "completed in 1.2 s", "+200 ms"),
        ),
      },
      {
        title: "Decisions",
        more: 12,
        rows: [row("Market Research", "Researcher, confidence 82%", "Analyst, confidence 71%", "differs")],
      },
      { title: "Ledger", more: 0, rows: [] },
      {
        title: "Artifacts",
        more: 0,
        rows: [
          row("landing.html", "18,204 characters", "17,990 characters", "changed", "landing.html"),
          row("positioning.md", "2,210 characters", "2,210 characters", "identical"),
          row("launch_plan.md", "4,210 characters", "–", "only in the first run"),
        ],
      },
    ],
  };
}

export function comparedFigures(run_ids: string[]): ComparedFigures {
  const runs = recentRuns()
    .filter(({ run_id }) => run_ids.includes(run_id))
    .reverse();
  return {
    run_ids: runs.map(({ run_id }) => run_id),
    tasks: runs.map(({ task }) => task ?? ""),
    started_us: runs.map(({ started_us }) => started_us ?? 0),
    columns: ["Status", "Duration", "Tokens", "Stages done", "Events", "Problems", "Warnings"].map(
      (title, n) => ({
        title,
        texts: runs.map(({ status }, k) => (n ? (n === 3 ? "8 of 8" : `${(n + 3) * (k + 7)}`) : status)),
        differs: n !== 3,
      }),
    ),
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
