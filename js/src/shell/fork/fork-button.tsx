import type { Stage } from "../../kernel/wire";
import type { StageTools } from "../../panes/timeline/detail";
import type { Uses } from "../../state/app";
import { forkBlocked } from "../../state/forks";
import { Button } from "../../ui/button";
import { FORK } from "../../ui/icons";

/** Prepares a run from this stage on, where the worker offers that. */
function ForkButton({ app, stage }: { app: Uses<"run" | "view" | "connection">; stage: Stage }) {
  const { run } = app.run.state;
  const blocked = forkBlocked(app.run.state, stage);
  if (!run || blocked === null) return null;
  const { stage_id } = stage;
  return (
    <Button
      class="link row"
      icon={FORK}
      text="Run again from here…"
      tip="Change the task or the brand, and run again from this stage on"
      off={app.connection.off || blocked}
      onclick={() => app.view.set({ fork: { run_id: run.run_id, stage_id } })}
    />
  );
}

/** What a person can do with the chosen stage: `others` besides. */
export const createStageTools =
  (app: Uses<"run" | "view" | "connection">, others: StageTools): StageTools =>
  (props) => (
    <div class="row stage-tools">
      {others(props)}
      <ForkButton {...{ app, ...props }} />
    </div>
  );
