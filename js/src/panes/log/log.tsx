import type { Level, LogRow } from "../../kernel/wire";
import type { App } from "../../state/app";
import { firstLine, LEVELS, piecesOf } from "../../state/log-rows";
import { clockTime, offset, plural } from "../../ui/format";
import { TIME, WRAP } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Button, Chips, Pane, StageChip } from "../pane";
import { Pieces } from "./styled-text";

export function LogPane({ app }: { app: App }) {
  const { view, log, lines, state, search } = app;
  const { absolute, wrap, stage } = view;
  const { total } = log;
  const levels: readonly Level[] = view.levels ?? LEVELS;
  const rows = (
    <Rows
      list={lines}
      total={total}
      row={(index) => {
        const row = log.row(index);
        const on = search?.isChosen(index);
        const draw = () => <Line key={index} app={app} index={index} row={row} on={on} />;
        const mode = [index, on, absolute, wrap, stage, state.run?.started_us].join();
        return row ? app.memo(row, mode, draw) : draw();
      }}
      class={`${wrap ? "wrap" : ""} ${absolute ? "absolute" : ""}`}
      role="grid"
      tabIndex={0}
      aria-label="Log lines"
      {...search?.grid()}
    />
  );
  search?.look();
  return (
    <Pane
      app={app}
      name="log"
      title="Log"
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
              app.set({ levels: next.length < LEVELS.length ? next : null });
            }}
          />
          <StageChip app={app} />
          {search?.Chip()}
          <span class="grow" />
          <span class="menus row">
            {search?.Tools()}
            <Button icon={WRAP} tip="Wrap lines" on={wrap} onclick={() => app.set({ wrap: !wrap })} />
            <Button
              icon={TIME}
              tip="Times of day"
              on={absolute}
              onclick={() => app.set({ absolute: !absolute })}
            />
          </span>
        </>
      }
    >
      {search?.Bar()}
      <div key="lines" class="grow rel">
        {rows}
        {!total && (log.known || !state.run) && (
          <p class="empty over">
            {!levels.length
              ? "No level is chosen."
              : state.run?.counts.logs
                ? "No line passes this filter."
                : "What the worker says appears here."}
          </p>
        )}
      </div>
      {search?.Under()}
    </Pane>
  );
}

interface LineProps {
  app: App;
  index: number;
  row: LogRow | undefined;
  on: boolean | undefined;
}

function Line({ app, index, row, on }: LineProps) {
  return (
    <div
      class={`pick row logline ${row?.level ?? "blank"}`}
      role="row"
      id={`line-${index}`}
      aria-rowindex={index + 1}
      aria-selected={on}
      onclick={({ shiftKey }) => app.search?.choose(index, shiftKey)}
    >
      {row && <Cells app={app} row={row} />}
    </div>
  );
}

function Cells({ app, row }: { app: App; row: LogRow }) {
  const { view, state } = app;
  const { level, time_us, stage_id } = row;
  const all = piecesOf(row);
  const { pieces, more } = view.wrap ? { pieces: all, more: 0 } : firstLine(row);
  // What was found further down is told where those lines are.
  const found = all.slice(pieces.length).some(([, style]) => /^match/.test(style)) ? "match" : "";
  return [
    ["num time", view.absolute ? clockTime(time_us) : offset(time_us, state.run?.started_us ?? null)],
    [level === "warning" || level === "error" ? "tag" : "dim", level],
    ...(view.stage === null ? [["dim where", stage_id]] : []),
    ["grow said", <Pieces pieces={pieces} />],
    ...(more ? [[`dim more ${found}`, `+${plural(more, "line")}`]] : []),
  ].map(([kind, text]) => (
    <span role="gridcell" class={`cut ${kind}`}>
      {text}
    </span>
  ));
}
