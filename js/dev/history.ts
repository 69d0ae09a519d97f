// The synthetic run history: its newest runs, and a comparison of two.

import type { ComparedRuns, HistoryRow } from "../src/kernel/wire";

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
