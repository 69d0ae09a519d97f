// The parts of the status line that open a panel with their full text.

import type { Uses } from "../state/app";
import { isOver } from "../state/selectors";
import { Button } from "../ui/button";
import { CROSS, INFO } from "../ui/icons";
import { Popover } from "../ui/popover";

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

export function RunTask({ app: { view, run: store } }: { app: Uses<"run" | "view"> }) {
  const { run } = store.state;
  const task = run?.task;
  // During a run the task field shows it.
  if (!task || !run || !isOver(run) || view.task.trim() === task.trim()) return null;
  return (
    <Popover
      panels={view}
      id="asked"
      role="dialog"
      label="Task of this run"
      icon={INFO}
      text={<span class="cut">This run: {task}</span>}
      tip={`Task of this run: ${task}`}
    >
      {() => (
        <>
          <header class="bar row">
            <h3 class="grow">Task of this run</h3>
            <Button
              class="link"
              text="Put into the form"
              tip="Put this task into the form again"
              onclick={() => view.set({ task, panel: "" })}
            />
            <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
          </header>
          <p class="whole">{task}</p>
        </>
      )}
    </Popover>
  );
}
