// In the header: which run this one was started from, and the way to it.

import type { Uses } from "../../state/app";
import { originOf } from "../../state/forks";
import { stageName } from "../../state/names";
import type { OnDemand } from "../../state/on-demand";
import { Button } from "../../ui/button";
import { CROSS, FORK } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import type { ShellPages } from "../pages-types";
import { RetryStage } from "./retry";

interface Props {
  app: Uses<"run" | "view" | "operations" | "connection">;
  onDemand: OnDemand<ShellPages>;
}

export function Origin({ app, onDemand }: Props) {
  const { view, operations, connection } = app;
  const { run, stages } = app.run.state;
  const parent = run?.parent_run_id;
  const text = run ? originOf(run) : "";
  // The reason of a failure has a place of its own, with the same button.
  const cancelled = run?.status === "cancelled" && <RetryStage app={app} />;
  if (!run || !parent || !text) return cancelled || null;
  const compare = async () => {
    view.set({ panel: "" });
    (await onDemand.load("origin"))?.compare(parent, run.run_id);
  };
  return (
    <>
      {cancelled}
      <Popover
        panels={view}
        id="origin"
        role="dialog"
        label={text}
        icon={FORK}
        text={<span class="cut">{text}</span>}
        tip={`${text}: open it, or compare the two`}
      >
        {() => (
          <>
            <header class="bar row">
              <h3 class="grow">{text}</h3>
              <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
            </header>
            <p>
              {run.from_stage
                ? `The stages before ${stageName(stages, run.from_stage)} are taken from it, byte for byte; this run executed the others.`
                : "This run executed its request again, from the first stage on."}
            </p>
            <p class="row">
              <Button
                class="button"
                text="Open that run"
                tip={`Open run ${parent}`}
                off={connection.off}
                busy={operations.busy.has("run.open")}
                onclick={async () => {
                  if (await operations.act("run.open", { run_id: parent })) view.set({ panel: "" });
                }}
              />
              <Button
                class="button"
                text="Compare with it"
                tip="Both runs side by side"
                off={connection.off}
                busy={onDemand.isBusy("origin")}
                onclick={compare}
              />
            </p>
          </>
        )}
      </Popover>
    </>
  );
}
