import type { Uses } from "../../state/app";
import type { TimelineLive } from "./live-types";

export const createTimelineLive = ({ view, lists: { stages } }: Uses<"view" | "lists">): TimelineLive => ({
  followRunning(index) {
    if (index < 0 || index === view.running) return;
    const before = view.running;
    view.running = index;
    if (before < 0 || (before >= stages.top - 1 && before <= stages.bottom)) stages.show(index);
  },
});
