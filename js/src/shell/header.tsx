import { NO_KERNEL } from "../kernel/channel";
import type { Uses } from "../state/app";
import { displayName } from "../state/names";
import { count, seconds } from "../ui/format";
import type { ShellLive } from "./live-types";
import { RequestFacts } from "./request";
import { elapsedMs, firstStatus, stagesDone } from "./run-status";

interface Props {
  app: Uses<"run" | "connection">;
  live: ShellLive | undefined;
}

export function Header({ app, live }: Props) {
  return (
    <header class="top">
      {live ? live.Form() : <SavedForm app={app} />}
      <div class="state row">
        <StatusLine app={app} live={live} />
        {live ? live.Request() : <SavedRequest app={app} />}
        <Figures app={app} />
        {live?.Menus()}
      </div>
    </header>
  );
}

/** Worker and task of the run, without a kernel to start another run. */
function SavedForm({ app }: { app: Uses<"run"> }) {
  const { form, run } = app.run.state;
  return (
    <div class="row">
      <span class="field worker">{displayName(run?.worker ?? form.worker)}</span>
      <span class="field">
        <span class="cut">{run?.task ?? form.task}</span>
      </span>
      <button class="button primary" disabled title={NO_KERNEL}>
        Run
      </button>
    </div>
  );
}

function SavedRequest({ app }: { app: Uses<"run"> }) {
  const { state } = app.run;
  return (
    state.run && (
      <details class="asked">
        <summary class="tool">Request</summary>
        <RequestFacts state={state} />
      </details>
    )
  );
}

function StatusLine({ app, live }: Props) {
  const { run, past } = app.run.state;
  const status = live?.status() ?? firstStatus(app.connection.kernel, run);
  const [tone, label, message, word = label] = status;
  return (
    <div class="status row grow">
      <span class={`pill row ${tone}`} data-status={word} title={label}>
        <i class={tone === "busy" ? "spin" : "bead"} />
        <span role="status" class="cut">
          {label}
        </span>
      </span>
      {(run?.recording || past?.over) && <i class="tag">recording</i>}
      {run?.replay_of && <i class="tag">verification</i>}
      {run?.strict_mode && (
        <i class="tag warning" title="A policy violation fails this run">
          Strict
        </i>
      )}
      {run?.verdict?.tone === "warning" && live?.Place()}
      {message && live ? (
        live.Reason({ tone, text: message })
      ) : (
        <span class={`tone cut ${tone}`} title={message}>
          {message}
        </span>
      )}
    </div>
  );
}

function Figures({ app }: { app: Uses<"run"> }) {
  const { state, nowUs } = app.run;
  const { run } = state;
  const figures = [
    ["Elapsed", seconds(elapsedMs(state, nowUs))],
    ["Tokens", run && count(run.tokens)],
    ["Stages", run && stagesDone(run)],
    ["Events", run && count(run.counts.events)],
  ];
  return (
    <dl class="figures row">
      {figures.map(([label, value]) => (
        <>
          <dt class="small dim">{label}</dt>
          <dd class="num">{value || "–"}</dd>
        </>
      ))}
    </dl>
  );
}
