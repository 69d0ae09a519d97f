import type { Meanings } from "./live-types";

export const MEANINGS: Meanings = {
  Complexity:
    "How demanding the work is, from 0% (routine) to 100%, as the router rated it. Above the list: the newest decision, or that of the chosen stage (M17)",
  Confidence: "How sure the router was of this agent, from 0% to 100%: its lead over the next agent (M17)",
  Drift:
    "The distance of the last measured text from the brand's voice, from 0% (no drift) to 100%. Each worker has a threshold, usually 35%; a text above it has drifted (M18)",
  Artifacts:
    "The number of files that this run, or the chosen stage, has created so far, including the file being written",
};
