import type { Meanings } from "./live-types";

export const MEANINGS: Meanings = {
  Complexity:
    "Complexity is how demanding a stage is, from 0% (easy) to 100% (hard); the router prefers an agent that is made for it (M17).",
  Confidence: "Confidence is how clear the choice was: it grows with the lead over the next candidate (M17).",
  Drift:
    "Drift is the distance of a text from the brand's voice, from 0% (none) to 100%. Each worker has a threshold, usually 35%; a text above it has drifted (M18).",
  Artifacts: "The files that the run, or the chosen stage, has created so far.",
};
