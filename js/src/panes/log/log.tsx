import type { Level, LogRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isMarked } from "../../state/incidents";
import { firstLine, LEVELS, piecesOf } from "../../state/log-rows";
import { Button, Chips } from "../../ui/button";
import { clockTime, offset, plural } from "../../ui/format";
import { TIME, WRAP } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import type { LogLive } from "./live-types";
import { StyledText } from "./styled-text";

export interface LogPaneProps {
  app: Uses<"view" | "log" | "run" | "painting">;
  live: LogLive | undefined;
}

export function LogPane({ app, live }: LogPaneProps) {
  const { view, log } = app;
  const { run } = app.run.state;
  const { absolute, wrap, stage } = view;
  const { list, rows } = log;
  const levels: readonly Level[] = view.levels ?? LEVELS;
  const lines = (
    <Rows
      list={list}
      total={rows.total}
      row={(index) => {
        const row = rows.row(index);
        const chosen = live?.isChosen(index);
        const draw = () => <Line key={index} app={app} live={live} index={index} row={row} chosen={chosen} />;
        const mode = [
          index,
          chosen,
          absolute,
          wrap,
          stage,
          run?.started_us,
          !live,
          isMarked(view.marked, row),
        ].join();
        return row ? app.painting.memo(row, mode, draw) : draw();
      }}
      class={`${wrap ? "wrap" : ""} ${absolute ? "absolute" : ""}`}
      role="grid"
      tabIndex={0}
      aria-label="Log lines"
      {...live?.gridProps()}
    />
  );
  live?.fetchVisible();
  return (
    <Pane
      app={app}
      name="log"
      tools={
        <>
          <Chips
            label="Levels"
            options={LEVELS.map((level) => [level, level])}
            isOn={(level) => levels.includes(level)}
            onChoose={(level) => {
              const next = levels.includes(level)
                ? levels.filter((item) => item !== level)
                : [...levels, level];
              view.set({ levels: next.length < LEVELS.length ? next : null });
            }}
          />
          <StageChip app={app} />
          {live?.AgentChip()}
          <span class="grow" />
          <span class="menus row">
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
    </Pane>
  );
}

interface LineProps extends LogPaneProps {
  index: number;
  row: LogRow | undefined;
  chosen: boolean | undefined;
}

function Line({ app, live, index, row, chosen }: LineProps) {
  return (
    <div
      class={`pick row logline ${row?.level ?? "blank"} ${isMarked(app.view.marked, row) ? "of-incident" : ""}`}
      role="row"
      id={`line-${index}`}
      aria-rowindex={index + 1}
      aria-selected={chosen}
      onclick={({ shiftKey }) => live?.choose(index, shiftKey)}
    >
      {row && <Cells app={app} row={row} />}
    </div>
  );
}

function Cells({ app: { view, run }, row }: { app: Uses<"view" | "run">; row: LogRow }) {
  const { level, time_us, stage_id } = row;
  const all = piecesOf(row);
  const { pieces, more } = view.wrap ? { pieces: all, more: 0 } : firstLine(row);
  // A match in a hidden line is marked at the number of hidden lines.
  const found = all.slice(pieces.length).some(([, style]) => /^match/.test(style)) ? "match" : "";
  return [
    ["num time", view.absolute ? clockTime(time_us) : offset(time_us, run.state.run?.started_us ?? null)],
    [level === "warning" || level === "error" ? "tag" : "dim", level],
    ...(view.stage === null ? [["dim where", stage_id]] : []),
    ["grow message", <StyledText pieces={pieces} />],
    ...(more ? [[`dim more ${found}`, `+${plural(more, "line")}`]] : []),
  ].map(([classes, text]) => (
    <span role="gridcell" class={`cut ${classes}`}>
      {text}
    </span>
  ));
}
