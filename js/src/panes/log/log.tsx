import type { LogRow, RunHeader } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isMarked } from "../../state/incidents";
import { firstLine, LEVELS, piecesOf } from "../../state/log-rows";
import { shortStageName, stageName } from "../../state/names";
import { Button, Chips } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { clockTime, compact, count, offset, plural } from "../../ui/format";
import { TIME, WRAP } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import { type LineLayout, lineLayout } from "./layout";
import type { LogLive } from "./live-types";
import { StyledText } from "./styled-text";

export interface LogPaneProps {
  app: Uses<"view" | "log" | "run" | "painting">;
  live: LogLive | undefined;
}

/** The list of lines alone. */
export function LogLines({ app, live }: LogPaneProps) {
  const { view, log } = app;
  const { run, stages } = app.run.state;
  const { absolute } = view;
  const { list, rows } = log;
  const layout = lineLayout(view);
  const { wrap } = layout;
  return (
    <Rows
      list={list}
      total={rows.total}
      row={(index) => {
        const row = rows.row(index);
        const chosen = live?.isChosen(index);
        const name = stageName(stages, row?.stage_id ?? null);
        const marked = isMarked(view.marked, row);
        const draw = () => (
          <div
            key={index - list.base}
            class={`pick row logline ${row?.level ?? "blank"} ${marked ? "of-incident" : ""}`}
            role="row"
            id={`line-${index}`}
            aria-rowindex={index + 1}
            aria-selected={chosen}
            onclick={({ shiftKey }) => live?.choose(index, shiftKey)}
          >
            {row && <Cells app={app} layout={layout} row={row} />}
          </div>
        );
        // Without `live` no line is chosen or not chosen.
        const mode = [
          index,
          list.base,
          chosen,
          absolute,
          wrap,
          layout.stage,
          name,
          run?.started_us,
          marked,
        ].join();
        return row ? app.painting.memo(row, mode, draw) : draw();
      }}
      class={`lines ${wrap ? "wrap" : ""} stage-${layout.stage} ${absolute ? "absolute" : isLong(run, app.run.nowUs) ? "minutes" : ""}`}
      role="grid"
      tabIndex={0}
      aria-label="Log lines"
      {...live?.gridProps()}
    />
  );
}

export function LogPane({ app, live }: LogPaneProps) {
  const { view, log } = app;
  const { run } = app.run.state;
  const { absolute, levels, stage, agent } = view;
  const { rows, saved } = log;
  const { wrap } = lineLayout(view);
  const { logs = 0, debug = 0, warnings = 0, errors = 0 } = run?.counts ?? {};
  // Of the whole run.
  const linesOf = [debug, logs - debug - warnings - errors, warnings, errors];
  const lines = <LogLines app={app} live={live} />;
  log.list.drawn = lines;
  live?.fetchVisible();
  return (
    <Pane
      app={app}
      name="log"
      tools={
        <>
          <Chips
            label="Levels"
            options={LEVELS.map((level, i) => [
              level,
              <>
                {level}
                {stage === null && agent === null && !!linesOf[i] && (
                  <span class="num"> {compact(linesOf[i] as number)}</span>
                )}
              </>,
            ])}
            isOn={(level) => levels.includes(level)}
            onChoose={(level) =>
              view.set({
                levels: LEVELS.filter((item) => levels.includes(item) !== (item === level)),
              })
            }
          />
          <StageChip app={app} />
          {live?.AgentChip()}
          <span class="menus row end">
            {live?.Tools()}
            <Button icon={WRAP} tip="Wrap lines" on={wrap} onclick={() => view.set({ wrap: !wrap })} />
            <Button
              icon={TIME}
              tip="Times of day"
              on={absolute}
              onclick={() => view.set({ absolute: !absolute })}
            />
          </span>
        </>
      }
    >
      {live?.SearchBar()}
      <div key="lines" class="grow rel">
        {lines}
        {!rows.total && (rows.known || !run) && (
          <p class="empty over">
            {!levels.length
              ? "No level is chosen."
              : run?.counts.logs
                ? "No line passes this filter."
                : "The log lines of the worker appear here."}
          </p>
        )}
      </div>
      {live?.Details()}
      {saved !== undefined && run && saved < run.counts.logs && (
        <p class="note small">
          The newest {count(saved)} of {count(run.counts.logs)} lines are saved.
        </p>
      )}
    </Pane>
  );
}

/** Some times after the start are longer than a minute. */
const isLong = (run: RunHeader | null, nowUs: number): boolean =>
  (run?.ended_us ?? nowUs) - (run?.started_us ?? 0) > 59e6;

interface CellsProps {
  app: Uses<"view" | "run">;
  layout: LineLayout;
  row: LogRow;
}

function Cells({ app: { view, run }, layout, row }: CellsProps) {
  const { level, time_us, stage_id } = row;
  const { stages } = run.state;
  const all = piecesOf(row);
  const { pieces, more } = layout.wrap ? { pieces: all, more: 0 } : firstLine(row);
  // A match in a hidden line is marked at the number of hidden lines.
  const found = all.slice(pieces.length).some(([, style]) => /^match/.test(style)) ? "match" : "";
  const name = stageName(stages, stage_id);
  const cells: [classes: string, text: Child, title?: string, level?: string][] = [
    ["num time", view.absolute ? clockTime(time_us) : offset(time_us, run.state.run?.started_us ?? null)],
    ["dim where", layout.stage === "whole" ? name : shortStageName(stages, stage_id), name],
    // Most lines are information: only the other levels are marked.
    ["grow message", <StyledText pieces={pieces} />, undefined, level === "info" ? undefined : level],
    [`dim more ${found}`, more > 0 && `+${plural(more, "line")}`],
  ];
  if (layout.stage === "none") cells.splice(1, 1);
  if (!more) cells.pop();
  return cells.map(([classes, text, title, level]) => (
    <span role="gridcell" class={`cut ${classes}`} title={title} data-level={level}>
      {text}
    </span>
  ));
}
