import { Button, Failure } from "../panes/pane";
import type { App } from "../state/app";
import { isActive, runBlocked } from "../state/selectors";
import { PLAY, PLUS, STOP } from "../ui/icons";
import { BrandButton, brandProblem, ofBrand } from "./brand";
import { nextStep, strictOf } from "./draft";
import { tried } from "./retry";
import { WorkerSelect } from "./worker";

export function Form({ app }: { app: App }) {
  return (
    <div class="form row">
      <WorkerSelect app={app} />
      <TaskField app={app} />
      <BrandButton app={app} />
      <PrimaryButton app={app} />
    </div>
  );
}

/** Why no run can be started now, or `""`. */
function blocked({ off, kernel, state: { desk }, view }: App): string {
  const worker = desk.workers.find(({ id }) => id === desk.worker);
  return off || runBlocked(kernel, worker, view.task);
}

async function start(app: App): Promise<void> {
  const { task, brand } = app.view;
  const { worker } = app.state.desk;
  if (!brandProblem(brand))
    await app.act("run.start", { worker, task, brand, strict_mode: strictOf(app.state, app.view) });
  const refused = app.errors["run.start"];
  // The banner says it already: that it is still so, it says anew.
  if (refused && refused.message === app.state.desk.notice?.message) tried(app);
  if (brandProblem(brand) || refused?.problems.some(ofBrand)) app.set({ panel: "brand" });
  app.changed();
}

const STEPS = {
  run: ["run.start", PLAY, "Run", "Start the run (Enter)"],
  stop: ["run.stop", STOP, "Stop", "Cancel the run"],
  new: ["run.new", PLUS, "New run", "Leave this run and prepare another (Enter)"],
} as const;

const stepping = (app: App): boolean => Object.values(STEPS).some(([request]) => app.busy.has(request));

/** What the button and Enter do, and why they cannot now, or `""`. */
function stepOf(app: App) {
  const step = nextStep(app.state, app.view);
  const off = step === "run" ? blocked(app) : app.off;
  const [name] = STEPS[step];
  const go = () => {
    if (off || stepping(app)) return;
    if (name === "run.start") start(app);
    else {
      app.set({ strict: strictOf(app.state, app.view) });
      app.act(name, {});
    }
  };
  return { step, off, go };
}

/** Grows over what is below it while one writes, and moves nothing. */
function stretch({ currentTarget: box, type }: { currentTarget: HTMLElement; type: string }): void {
  box.style.height = "";
  if (type === "blur") box.scrollTop = 0;
  else box.style.height = `${Math.min(box.scrollHeight + 2, 120)}px`;
}

function TaskField({ app }: { app: App }) {
  const { view, errors, state } = app;
  // While it goes on a run says what it was asked for, whatever had been written for the next one.
  const task = isActive(state.run) ? (state.run.task ?? "") : view.task;
  const locked = isActive(state.run) || app.offline || app.busy.has("run.start");
  const problems = errors["run.start"]?.problems.filter(({ field }) => field === "task") ?? [];
  return (
    <div class="task rel">
      <textarea
        class="field"
        rows={1}
        aria-label="Task"
        aria-invalid={problems.length > 0}
        placeholder="What shall the worker build? Enter runs it, Shift+Enter begins a new line."
        readOnly={locked}
        value={task}
        oninput={(event) => {
          stretch(event);
          app.forgive("run.start");
          app.set({ task: event.currentTarget.value });
        }}
        onfocus={stretch}
        onblur={stretch}
        onkeydown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          if (!locked) stepOf(app).go();
        }}
      />
      <span class="cut" aria-hidden="true">
        {task}
      </span>
      {problems.length > 0 && (
        <div class="bubble error" role="alert">
          {problems.map(({ message }) => message).join(" ")}
        </div>
      )}
    </div>
  );
}

/** The one button for what comes next. */
function PrimaryButton({ app }: { app: App }) {
  const { step, off, go } = stepOf(app);
  const [, icon, text, tip] = STEPS[step];
  const busy = stepping(app);
  const problems = app.errors["run.start"]?.problems ?? [];
  const elsewhere =
    problems.length > 0 && problems.every((problem) => problem.field === "task" || ofBrand(problem));
  return (
    <div class="primary">
      <Button class={`button ${step}`} {...{ icon, text, tip, busy, off }} onclick={go} />
      {busy && app.waiting && (
        <div class="bubble info" role="status">
          A cell keeps the kernel busy. This takes effect as soon as it can.
        </div>
      )}
      {!elsewhere && <Failure app={app} at="run.start" />}
      <Failure app={app} at="run.stop" />
      <Failure app={app} at="run.new" />
    </div>
  );
}
