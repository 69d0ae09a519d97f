// The names of stages and agents on screen. Pure.

import type { Stage } from "../kernel/wire";
import { capitalised } from "../ui/format";

/** Words as people write them: short ones that are no abbreviation, then names and abbreviations. */
const WRITTEN =
  "as at by do go in is it my no of on or so to up us we LangGraph LangChain OpenAI JSON HTML SQL API URL PDF LLM".split(
    " ",
  );

/**
 * The display name for an id: "deep_scan" → "Deep Scan", "ux" → "UX", "langgraph" → "LangGraph". An id with
 * capitals or spaces is a name already. The same rule as in Python: state/display_names.py.
 */
export const displayName = (id: string): string =>
  /[A-Z\s]/.test(id)
    ? id.trim()
    : (id.match(/[^-_.]+/g) ?? [])
        .map((word, i) => {
          const known = WRITTEN.find((name) => name.toLowerCase() === word);
          return known && i ? known : capitalised(known ?? (word[2] ? word : word.toUpperCase()));
        })
        .join(" ");

/** The display name of an agent: "copywriter_agent" → "Copywriter". */
export const agentName = (agent: string | null): string =>
  displayName((agent ?? "").replace(/(.)[-_. ]agent$/i, "$1"));

/** The display name of a stage, which the worker may have named. */
export const stageName = (stages: readonly Stage[], id: string | null): string =>
  id === null ? "" : (stages.find((stage) => stage.stage_id === id)?.name ?? displayName(id));

/** A short name of a stage: the first word of its name, if no other stage's name begins with it. */
export function shortStageName(stages: readonly Stage[], id: string | null): string {
  const name = stageName(stages, id);
  const [first = name] = name.split(" ");
  return stages.some((stage) => stage.stage_id !== id && stage.name.split(" ")[0] === first) ? name : first;
}
