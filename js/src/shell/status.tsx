// The parts of the status line that open a panel with their full text.

import type { Uses } from "../state/app";
import { draftOf, isActive } from "../state/selectors";
import { Button } from "../ui/button";
import { CROSS, INFO } from "../ui/icons";
import { Popover } from "../ui/popover";
import { RequestFacts } from "./request";

export const Reason = ({ app, tone, text }: { app: Uses<"view">; tone: string; text: string }) => (
  <Popover
    panels={app.view}
    id="reason"
    role="dialog"
    label="Reason"
    class={`tone cut ${tone}`}
    text={text}
    tip={text}
  >
    {() => <p class="whole">{text}</p>}
  </Popover>
);

export function Request({ app }: { app: Uses<"run" | "view" | "operations" | "connection"> }) {
  const { view, operations, connection } = app;
  const { state } = app.run;
  const { run, form } = state;
  if (!run) return null;
  const task = run.task ?? "";
  // During a run the task field shows the task.
  const active = isActive(state);
  const other = !active && view.task.trim() !== task.trim();
  const again = async () => {
    view.set({ ...draftOf(form), panel: "" });
    if (run.worker && run.worker !== form.worker)
      await operations.act("worker.select", { worker: run.worker });
    await operations.act("run.new", {});
  };
  return (
    <Popover
      panels={view}
      id="asked"
      role="dialog"
      label="Request of this run"
      icon={INFO}
      text={<span class="cut">{other ? `This run: ${task}` : "Request"}</span>}
      tip={`What this run was started with: ${task}`}
    >
      {() => (
        <>
          <header class="bar row">
            <h3 class="grow">Request of this run</h3>
            <Button
              class="link"
              text="Use this request again"
              tip="Leave this run, and fill the form with its request"
              off={connection.off || (active ? "The run has not ended yet" : "")}
              onclick={again}
            />
            <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
          </header>
          <RequestFacts state={state} />
        </>
      )}
    </Popover>
  );
}
