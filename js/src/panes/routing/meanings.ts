// What the figures of the routing pane mean, how they are counted, and where they come from.

import type { Meanings } from "../../shell/live-types";

export const MEANINGS: Meanings = {
  Complexity:
    "How demanding the router took the work to be, from 0% (routine) to 100%; above the list, in the newest decision, or that of the chosen stage (M17)",
  Confidence:
    "How sure the router was of this agent, from 0% to 100%: how far it was ahead of the next one (M17)",
  Drift:
    "How far the last text that was measured is from the brand's own voice, from 0% (like it) to 100%. Each worker has a threshold, usually 35%; above it a text has drifted (M18)",
  Artifacts:
    "How many files this run, or its chosen stage, has made so far, the one being written among them",
};
