import type { Uses } from "../../state/app";
import { columnPx } from "../../state/layout";
import { agentName } from "../../state/names";
import { isRunning } from "../../state/selectors";
import { count, duration, percent, plural, seconds } from "../../ui/format";
import { DOWN, iconStyle, markStyle, RIGHT, stageIcon } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane } from "../pane";
import { type Bar, timeline } from "./axis";
import type { TimelineLive } from "./live-types";
import { isOpen, treeRows } from "./tree";

/** The width of the pane to the left and right of its axis, in pixels. */
const BESIDE_PX = 64;
/** In a wider pane, rows have drift and tokens, too. */
const NARROW_PX = 280;
const INDENT_PX = 12;
/** Between the facts of a row: a blank that stays as wide as it is. */
const GAP = "\u2002";
/** Rows further inside are not indented more. */
const MOST_INDENTS = 7;

export function TimelinePane({
  app,
  live,
}: {
  app: Uses<"run" | "view" | "lists">;
  live: TimelineLive | undefined;
}) {
  const { run, stages } = app.run.state;
  const { view } = app;
  const axisPx = (view.maximised ? view.width : columnPx(view, 0)) - BESIDE_PX;
  const { barOf, ticks } = timeline(stages, run, app.run.nowUs, isRunning(app.run.state), axisPx);
  const { total, row } = live?.rows() ?? treeRows(stages, (stage) => isOpen(view, stage));
  const isWide = axisPx + BESIDE_PX > NARROW_PX;
  const isFlat = stages.every(({ kind, parent_id }) => kind === "stage" && !parent_id);
  const hidden = live ? 0 : (run?.counts.stages ?? 0) - stages.length;
  const body = (
    <Rows
      list={app.lists.stages}
      total={total}
      role="list"
      class={isFlat ? "" : "tree"}
      row={(index) => {
        const known = row(index);
        return known ? (
          <StageRow
            key={known.stage.stage_id}
            {...{ app, live, index, isFlat, isWide }}
            depth={known.depth}
            bar={barOf(known.stage)}
          />
        ) : (
          <div key={index} class="stage" />
        );
      }}
      {...live?.treeProps()}
    />
  );
  live?.drawn();
  return (
    <Pane app={app} name="timeline">
      {total ? (
        <>
          <div class="axis rel dim" aria-hidden="true">
            {ticks.map(({ at, label }) => (
              <span style={`left:${at}%`}>{label}</span>
            ))}
          </div>
          {body}
          {hidden > 0 && <p class="note small">{plural(hidden, "more stage")} not shown</p>}
          {live?.Below()}
        </>
      ) : (
        <p class="empty">{run ? "The first stage has not started." : "The stages of a run appear here."}</p>
      )}
    </Pane>
  );
}

interface RowProps {
  app: Uses<"view" | "run">;
  live: TimelineLive | undefined;
  index: number;
  depth: number;
  isFlat: boolean;
  isWide: boolean;
  bar: Bar;
}

function StageRow({ app: { view, run }, live, index, depth, isFlat, isWide, bar }: RowProps) {
  const { stage, left, width, live: running, durationMs } = bar;
  const { stage_id, name, kind, children, attempts, recoveries, violations, drift, tokens } = stage;
  const { progress, reused_from } = stage;
  const waits = run.state.inputs.find((request) => request.stage_id === stage_id);
  const status = waits ? "waiting" : stage.status;
  const on = view.stage === stage_id;
  const open = isOpen(view, stage);
  const time = status === "pending" ? "" : running ? seconds(durationMs) : duration(durationMs);
  const agent = reused_from ? `Taken from run ${reused_from.slice(0, 8)}` : agentName(stage.agent);
  const again = attempts > 1 && plural(attempts, "attempt");
  const special = /^(recover|fail|cancel|wait)/.test(status) && status;
  const drifted = drift !== null && `drift ${percent(drift)}`;
  const used = tokens !== null && plural(tokens, "token");
  const inside = !!children && `${count(children)} inside`;
  const joined = (...words: (string | false)[]) => words.filter(Boolean).join(", ");
  const words = joined(special, again);
  const done =
    !!progress &&
    [
      count(progress.done),
      progress.total !== null && `of ${count(progress.total)}`,
      progress.unit,
      live?.rate(bar),
    ]
      .filter(Boolean)
      .join(" ");
  const summary = joined(
    name,
    !isFlat && kind,
    status,
    time,
    done,
    inside,
    agent,
    again,
    recoveries > 0 && plural(recoveries, "recovery", "recoveries"),
    violations > 0 && plural(violations, "policy violation"),
    drifted,
    used,
  );
  return (
    <div
      class={`stage rel ${status}`}
      role="listitem"
      style={isFlat ? "" : `--at:${(Math.min(depth, MOST_INDENTS) + 1) * INDENT_PX}px`}
      {...live?.rowProps(index)}
    >
      <button
        class="pick mark icon"
        style={`${markStyle(status)};--start:${width < 100 ? (100 * left) / (100 - width) : 0}%;--width:${width}%`}
        tabIndex={live && -1}
        aria-pressed={on}
        aria-label={summary}
        title={summary}
        onclick={() => view.set({ stage: on ? null : stage_id, chosen: stage })}
      >
        <b class={isFlat ? "cut" : "cut icon"} style={isFlat ? "" : iconStyle(stageIcon(kind))}>
          {name}
        </b>
        <span class="small cut num">
          {words && <span class="words">{words}</span>}
          {[agent, done, !open && inside, isWide && !!drift && drifted, isWide && used]
            .filter(Boolean)
            .join(GAP)}
          {isWide && progress && live?.Progress(bar)}
        </span>
        <span class="small num">{time}</span>
      </button>
      {inside && (
        <button
          class="twist icon"
          style={iconStyle(open ? DOWN : RIGHT)}
          tabIndex={live && -1}
          aria-expanded={open}
          aria-label={`Inside ${name}`}
          onclick={() => view.set({ opened: new Map(view.opened).set(stage_id, !open) })}
        />
      )}
    </div>
  );
}
