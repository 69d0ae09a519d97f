import type { WireProblem } from "../kernel/wire";
import type { Uses } from "../state/app";
import { preparedFork } from "../state/forks";
import { draftOf, isActive } from "../state/selectors";
import { Button } from "../ui/button";
import type { Child } from "../ui/dom";
import { Failure } from "../ui/failure";
import { FORK, PLAY, PLUS, STOP } from "../ui/icons";
import { ofBrand } from "./brand/problems";
import { BusyKernel } from "./busy-kernel";
import { declaredOptions, nextStep } from "./draft";
import { PauseButton } from "./fork/pause";
import { runBlocked } from "./live-status";
import { chosenOptions } from "./option-values";
import { WorkerSelect } from "./worker";

type FormStores = Uses<"run" | "view" | "operations" | "connection">;

interface Props {
  app: FormStores;
  /** A start failed with the error that the banner shows. */
  tried: () => void;
}

export function Form({ app, tried, Brand, Options }: Props & Record<"Brand" | "Options", () => Child>) {
  return (
    <div class="form row">
      <WorkerSelect app={app} />
      <TaskField app={app} tried={tried} />
      <Brand />
      <Options />
      <PrimaryButton app={app} tried={tried} />
    </div>
  );
}

/** Why no run can be started now, or `""`. */
function blocked({ connection, run, view }: FormStores): string {
  return connection.off || runBlocked(connection.kernel, run.state, view.task);
}

async function start({ app, tried }: Props): Promise<void> {
  const { view, operations, run } = app;
  const { form } = run.state;
  const options = chosenOptions(declaredOptions(form), view.options);
  const draft = { ...draftOf(view), options };
  const fork = preparedFork(run.state, view.fork);
  if (fork) await operations.act("run.fork", { ...draft, from_stage: fork.stage_id });
  else await operations.act("run.start", { ...draft, worker: form.worker });
  const refused = operations.errors[fork ? "run.fork" : "run.start"];
  if (refused && refused.message === run.state.form.notice?.message) tried();
  const flawed = refused?.problems.find(ofBrand);
  if (flawed) view.set({ panel: "brand", brandField: flawed.field });
  else if (refused?.problems.some(ofOptions)) view.set({ panel: "run-options" });
}

/** The problem is in an option. */
const ofOptions = ({ field }: WireProblem): boolean => /^(options\.|strict_mode$|depth$|budget$)/.test(field);

const STEPS = {
  run: ["run.start", PLAY, "Run", "Start the run (Enter)"],
  fork: ["run.fork", FORK, "Run fork", "Run again from the chosen stage on (Enter)"],
  stop: ["run.stop", STOP, "Stop", "Cancel the run"],
  new: ["run.new", PLUS, "New run", "Leave this run and prepare another (Enter)"],
} as const;

const STARTS = ["run.start", "run.fork"] as const;

const isStarting = ({ operations }: FormStores): boolean => STARTS.some((name) => operations.busy.has(name));

/** Why the last start was refused. */
const refusal = ({ operations }: FormStores) =>
  operations.errors["run.fork"] ?? operations.errors["run.start"];

const isStepping = ({ operations }: FormStores): boolean =>
  Object.values(STEPS).some(([request]) => operations.busy.has(request));

/** The step of the primary button and of Enter, and why it is disabled, or `""`. */
function stepOf({ app, tried }: Props) {
  const { run, view, operations, connection } = app;
  const step = nextStep(run.state, view);
  const off = step === "run" || step === "fork" ? blocked(app) : connection.off;
  const [name] = STEPS[step];
  const go = () => {
    if (off || isStepping(app)) return;
    if (name === "run.start" || name === "run.fork") start({ app, tried });
    else operations.act(name, {});
  };
  return { step, off, go };
}

/** While it has the focus, the field grows over the panes below it. */
function stretch({ currentTarget: box, type }: { currentTarget: HTMLElement; type: string }): void {
  box.style.height = "";
  if (type === "blur") box.scrollTop = 0;
  else box.style.height = `${Math.min(box.scrollHeight + 2, 120)}px`;
}

function TaskField({ app, tried }: Props) {
  const { view, operations, connection } = app;
  const { state } = app.run;
  // During a run the field shows the task of the run.
  const active = isActive(state);
  const task = active ? (state.run?.task ?? state.form.task) : view.task;
  const locked = active || connection.offline || isStarting(app);
  const problems = refusal(app)?.problems.filter(({ field }) => field === "task") ?? [];
  return (
    <div class="task rel">
      <textarea
        class="field"
        rows={1}
        aria-label="Task"
        aria-invalid={problems.length > 0}
        placeholder="Describe the task. Enter runs it, Shift+Enter starts a new line."
        readOnly={locked}
        value={task}
        oninput={(event) => {
          stretch(event);
          for (const name of STARTS) operations.clearError(name);
          view.set({ task: event.currentTarget.value });
        }}
        onfocus={stretch}
        onblur={stretch}
        onkeydown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          if (!locked) stepOf({ app, tried }).go();
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

/** The button for the next step. */
function PrimaryButton({ app, tried }: Props) {
  const { operations } = app;
  const { step, off, go } = stepOf({ app, tried });
  const [, icon, text, tip] = STEPS[step];
  const busy = isStepping(app);
  const problems = refusal(app)?.problems ?? [];
  const atFields =
    problems.length > 0 &&
    problems.every((problem) => problem.field === "task" || ofBrand(problem) || ofOptions(problem));
  return (
    <div class="primary">
      <span class="row">
        <Button
          class={`button ${step === "fork" ? "run" : step}`}
          {...{ icon, text, tip, busy, off }}
          onclick={go}
        />
        {step === "stop" && <PauseButton app={app} />}
      </span>
      {busy && app.connection.waiting && <BusyKernel />}
      {!atFields && STARTS.map((name) => <Failure failures={operations} at={name} />)}
      <Failure failures={operations} at="run.pause" />
      <Failure failures={operations} at="run.resume" />
      <Failure failures={operations} at="run.stop" />
      <Failure failures={operations} at="run.new" />
    </div>
  );
}
