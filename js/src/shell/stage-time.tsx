import type { StageTools } from "../panes/timeline/detail";
import type { Uses } from "../state/app";
import { Button } from "../ui/button";

/** The button that shows only the time of a stage, in all panes; again, the whole run. */
export const createStageTime =
  ({ run, operations, connection }: Uses<"run" | "operations" | "connection">): StageTools =>
  ({ stage: { started_us, ended_us } }) => {
    const { run: header, past } = run.state;
    const range = past?.range;
    const end_us = ended_us ?? past?.newest_us ?? run.nowUs;
    const on = !!range && range.start_us === started_us && range.end_us === end_us;
    return (
      started_us !== null &&
      header && (
        <Button
          class="link row"
          text={on ? "Whole run" : "Only its time"}
          tip={on ? "Show the whole run again" : "Show only what happened while this stage was at work"}
          off={connection.off}
          onclick={() =>
            operations.act(
              "travel.range",
              on ? { start_us: null, end_us: null } : { start_us: started_us, end_us },
            )
          }
        />
      )
    );
  };
