import type { WorkerOption } from "../kernel/wire";

const RUN_OPTION = { choices: [], minimum: null, maximum: null, unit: null, affects_artifacts: true };

/** What every worker takes beside its own options, described in the same way. */
export const RUN_OPTIONS: readonly WorkerOption[] = [
  {
    ...RUN_OPTION,
    name: "strict_mode",
    type: "boolean",
    default: false,
    help: "A policy violation fails the run. Without it, the worker rewrites the text and goes on.",
  },
  {
    ...RUN_OPTION,
    name: "depth",
    type: "choice",
    default: "auto",
    choices: ["auto", "shallow", "deep"],
    help: "How thorough the run is: shallow is quicker and leaves parts out, deep adds parts.",
  },
  {
    ...RUN_OPTION,
    name: "budget",
    type: "integer",
    default: null,
    minimum: 1_000,
    maximum: 100_000,
    unit: "tokens",
    help: "The most tokens that the run may use, from 1,000 to 100,000. Empty: none set.",
  },
];
