// What the status line says at length: shown in one line, whole in a panel.

import { Button } from "../panes/pane";
import type { App } from "../state/app";
import { isOver } from "../state/selectors";
import { CROSS, INFO } from "../ui/icons";
import { Popover } from "../ui/popover";

/** Why the run stands as it does. */
export const Reason = ({ app, tone, text }: { app: App; tone: string; text: string }) => (
  <Popover app={app} id="reason" role="dialog" label="Why" kind={`tone cut ${tone}`} text={text} tip={text}>
    {() => <p class="whole">{text}</p>}
  </Popover>
);

export function Asked({ app }: { app: App }) {
  const { state, view } = app;
  const task = state.run?.task;
  // While it goes on, the field itself says it.
  if (!task || !state.run || !isOver(state.run) || view.task.trim() === task.trim()) return null;
  return (
    <Popover
      app={app}
      id="asked"
      role="dialog"
      label="Task of this run"
      icon={INFO}
      text={<span class="cut">This run: {task}</span>}
      tip={`This run was asked for: ${task}`}
    >
      {() => (
        <>
          <header class="bar row">
            <h3 class="grow">Task of this run</h3>
            <Button
              class="link"
              text="Put into the form"
              tip="Write this task into the form again"
              onclick={() => app.set({ task, panel: "" })}
            />
            <Button icon={CROSS} tip="Close (Esc)" onclick={() => app.set({ panel: "" })} />
          </header>
          <p class="whole">{task}</p>
        </>
      )}
    </Popover>
  );
}
