import type { Uses } from "../../state/app";
import { preparedFork } from "../../state/forks";
import { stageName } from "../../state/names";
import { Button } from "../../ui/button";
import { CROSS, FORK, Icon } from "../../ui/icons";

/** Under the header: a fork is prepared, and the form has its request. */
export function ForkStrip({ app }: { app: Uses<"run" | "view" | "operations"> }) {
  const { view } = app;
  const { state } = app.run;
  const fork = preparedFork(state, view.fork);
  if (!fork) return null;
  const name = stageName(state.stages, fork.stage_id);
  const [first] = state.stages;
  return (
    <div class="strip row" role="status">
      <Icon d={FORK} />
      <span class="grow reading">
        <b>
          Fork of run {fork.run_id.slice(0, 8)} from {name}.
        </b>{" "}
        {first?.stage_id === fork.stage_id
          ? "It is the first stage: the whole run is executed again."
          : "The stages before it are taken over byte for byte. Change the task, the brand or the options, then run."}
      </span>
      <Button
        icon={CROSS}
        text="Cancel"
        tip="Prepare no fork; the form keeps its texts"
        onclick={() => {
          app.operations.clearError("run.fork");
          view.set({ fork: null });
        }}
      />
    </div>
  );
}
