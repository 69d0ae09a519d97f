import type { Uses } from "../../state/app";
import { offers } from "../../state/forks";
import { Button } from "../../ui/button";
import { PAUSE, PLAY } from "../../ui/icons";

/** Beside Stop: pauses the run, or lets it go on, where its worker offers that. */
export function PauseButton({ app }: { app: Uses<"run" | "operations" | "connection"> }) {
  const { operations, connection } = app;
  const { state } = app.run;
  const paused = state.run?.status === "paused";
  if (!offers(state, "pause")) return null;
  const name = paused ? "run.resume" : "run.pause";
  const pausing = operations.busy.has("run.pause");
  return (
    <Button
      class={`button pause ${paused ? "run" : ""}`}
      icon={paused ? PLAY : PAUSE}
      tip={
        paused
          ? "Resume the run"
          : pausing
            ? "The run pauses at its next step"
            : "Pause the run at its next step"
      }
      off={connection.off}
      busy={operations.busy.has(name)}
      onclick={() => operations.act(name, {})}
    />
  );
}
