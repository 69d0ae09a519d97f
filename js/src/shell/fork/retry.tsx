import type { Uses } from "../../state/app";
import { stageToRetry } from "../../state/forks";
import { Button } from "../../ui/button";
import { Failure } from "../../ui/failure";
import { REFRESH } from "../../ui/icons";

/** Runs the same request again from the first stage on that is not complete, where the worker offers that. */
export function RetryStage({ app }: { app: Uses<"run" | "operations" | "connection"> }) {
  const { operations, connection } = app;
  const stage = stageToRetry(app.run.state);
  if (!stage) return null;
  return (
    <span class="rel">
      <Button
        class="link row"
        icon={REFRESH}
        text={<span class="cut">{`Retry from ${stage.name}`}</span>}
        tip="Run the same request again; the stages before are taken over from this run"
        off={connection.off}
        busy={operations.busy.has("run.retry")}
        onclick={() => operations.act("run.retry", { from_stage: stage.stage_id })}
      />
      <Failure failures={operations} at="run.retry" />
    </span>
  );
}
