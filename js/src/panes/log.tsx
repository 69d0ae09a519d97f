import { type App, ROW_PX } from "../app";
import { clockTime, count, offset } from "../format";
import { LEVELS, rowText } from "../log";
import { isTicking } from "../selectors";
import { Button, Chips, Failure, Pane, StageChip } from "../ui/bits";
import type { Ref } from "../ui/dom";
import { COPY, CROSS, DOWN, Icon, TIME } from "../ui/icons";
import { copyText } from "../ui/page";
import { contentPx, endPx, rowWindow, scrollToRow } from "../ui/virtual";
import type { Level, LogRow } from "../wire";

const OVERSCAN = 6;
const COPIED_MOST = 1_000;

const shapeOf = ({ log, view }: App) => ({ total: log.total, rowPx: ROW_PX, viewPx: view.logPx });

/** The box that the lines scroll in: what it shows follows the view, and the view follows it. */
export function createLogBox(app: App): Ref {
  return (box) => {
    let active: number | null = null;
    const paint = () => {
      const { view } = app;
      // A notebook takes cells that are out of sight out of the page, and their scrolling is lost.
      const away = !box.clientHeight;
      if (view.logAway && !away) box.scrollTop = view.logTop;
      view.logAway = away;
      if (away) return;
      const moved = view.active !== active && view.active !== null;
      active = view.active;
      const top = view.follow
        ? endPx(shapeOf(app))
        : moved
          ? scrollToRow(shapeOf(app), box.scrollTop, active ?? 0)
          : box.scrollTop;
      if (Math.abs(top - box.scrollTop) >= 1) box.scrollTop = top;
      if (view.logTop !== box.scrollTop) app.set({ logTop: box.scrollTop });
    };
    const sizes = new ResizeObserver(() => {
      if (box.clientHeight) app.set({ logPx: box.clientHeight });
    });
    sizes.observe(box);
    const stop = app.onPaint(paint);
    return () => {
      sizes.disconnect();
      stop();
    };
  };
}

export function LogPane({ app, logBox }: { app: App; logBox: Ref }) {
  const { view, log, state } = app;
  const { total } = log;
  const { follow, active } = view;
  const shape = shapeOf(app);
  const { first, end, topPx } = rowWindow(shape, follow ? endPx(shape) : view.logTop, OVERSCAN);
  app.fetchLog(first, end);

  const atEnd = follow || view.logTop >= endPx(shape) - 2;
  if (atEnd) log.fresh = 0;

  const choose = (index: number, extend: boolean) =>
    app.set({ follow: false, active: index, anchor: extend && active !== null ? view.anchor : index });
  const [from, to] =
    active === null ? [1, 0] : [Math.min(active, view.anchor), Math.max(active, view.anchor)];

  const onScroll = ({ currentTarget: { scrollTop } }: { currentTarget: HTMLElement }) => {
    if (view.logAway) return;
    const atEnd = scrollTop >= endPx(shapeOf(app)) - 2;
    const upward = scrollTop < view.logTop;
    const follow = upward ? view.follow && atEnd : view.follow || (atEnd && view.active === null);
    app.set({ logTop: scrollTop, follow });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.floor(view.logPx / ROW_PX) - 1;
    const here = active ?? end - OVERSCAN;
    const moves: Record<string, number> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: total - 1,
    };
    const move = moves[event.key];
    if (move === undefined || !total) return;
    event.preventDefault();
    choose(Math.min(Math.max(move, 0), total - 1), event.shiftKey);
  };
  const copy = (root: Node) =>
    app.attempt("log.copy", async () => {
      const [start, stop] = active === null ? [first + OVERSCAN, end - OVERSCAN] : [from, to + 1];
      const rows = Array.from({ length: Math.min(stop - start, COPIED_MOST) }, (_, i) =>
        log.rows.get(start + i),
      );
      await copyText(rows.flatMap((row) => (row ? rowText(row) : [])).join("\n"), root);
      app.said("log lines");
    });

  const levels: readonly Level[] = view.levels ?? LEVELS;
  const indexes = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
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
          <span class="grow" />
          <span class="small dim" role="status">
            {view.copied === "log lines" && "copied"}
          </span>
          <Button
            icon={TIME}
            tip="Times of day"
            on={view.absolute}
            onclick={() => app.set({ absolute: !view.absolute })}
          />
          <Button
            icon={COPY}
            tip={`Copy the lines ${active === null ? "in view" : "chosen"}`}
            off={total ? "" : "No line yet"}
            onclick={() => copy(document.body)}
          />
        </>
      }
    >
      <Failure app={app} at="log.copy" />
      <div class="grow rel">
        <div
          class="lines scroll"
          ref={logBox}
          role="grid"
          tabIndex={0}
          aria-label="Log lines"
          aria-rowcount={total}
          aria-activedescendant={active === null ? undefined : `line-${active}`}
          onscroll={onScroll}
          onkeydown={onKeyDown}
          onwheel={({ deltaY }) => {
            if (deltaY < 0 && follow && endPx(shape)) app.set({ follow: false });
          }}
        >
          <div class="spacer rel" style={`height:${contentPx(shape)}px`}>
            <div style={`transform:translateY(${topPx}px)`}>
              {indexes.map((index) => (
                <Line
                  key={index}
                  app={app}
                  index={index}
                  row={log.rows.get(index)}
                  on={index >= from && index <= to}
                  onChoose={choose}
                />
              ))}
            </div>
          </div>
        </div>
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
      {!atEnd && (log.fresh > 0 || isTicking(state.run, state.link)) && (
        <button class="newer row small on" onclick={() => app.set({ follow: true, active: null })}>
          <Icon d={DOWN} />
          {log.fresh ? `${count(log.fresh)} new` : "Follow"}
        </button>
      )}
      {active !== null && <Detail app={app} row={log.rows.get(active)} />}
    </Pane>
  );
}

interface LineProps {
  app: App;
  index: number;
  row: LogRow | undefined;
  on: boolean;
  onChoose: (index: number, extend: boolean) => void;
}

function Line({ app, index, row, on, onChoose }: LineProps) {
  const { view, state } = app;
  const cells = row && [
    ["num time", view.absolute ? clockTime(row.time_us) : offset(row.time_us, state.run?.started_us ?? null)],
    [row.level === "warning" || row.level === "error" ? "tag" : "dim", row.level],
    ...(view.stage === null ? [["dim where", row.stage_id]] : []),
    ["grow", row.message],
  ];
  return (
    <div
      class={`pick row logline ${row?.level ?? "blank"} ${view.absolute ? "absolute" : ""}`}
      role="row"
      id={`line-${index}`}
      aria-rowindex={index + 1}
      aria-selected={on}
      onclick={(event) => onChoose(index, event.shiftKey)}
    >
      {cells?.map(([kind, text]) => (
        <span role="gridcell" class={`cut ${kind}`}>
          {text}
        </span>
      ))}
    </div>
  );
}

/** The whole of one line, under the list. */
function Detail({ app, row }: { app: App; row: LogRow | undefined }) {
  if (!row) return null;
  const whole = app.whole(row);
  return (
    <section class="logdetail column" aria-label="Log line">
      <header class="row small dim">
        <i class={`tag ${row.level}`}>{row.level}</i>
        {[`line ${count(row.n)}`, clockTime(row.time_us), row.stage_id, row.agent].map((fact) => (
          <span>{fact}</span>
        ))}
        <span class="grow" />
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => app.set({ active: null })} />
      </header>
      <pre class="scroll">{whole}</pre>
    </section>
  );
}
