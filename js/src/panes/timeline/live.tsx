import type { Stage } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isRunning } from "../../state/selectors";
import { count, percent, plural } from "../../ui/format";
import { stagesToCome } from "./axis";
import { createStageDetail, type StageTools } from "./detail";
import { moved } from "./keys";
import type { TimelineLive } from "./live-types";
import { type Outline, outline } from "./outline";
import { createStagePages, PAGE_ROWS } from "./stage-pages";
import { isOpen } from "./tree";

const EMPTY = outline(
  () => ({ total: 0, rows: new Map() }),
  () => false,
);

export function createTimelineLive(
  app: Uses<"run" | "view" | "lists" | "operations" | "painting">,
  Tools?: StageTools,
): TimelineLive {
  const { view } = app;
  const list = app.lists.stages;
  const Detail = createStageDetail(app, (id) => tree.row(rowOf(id)).stage, Tools);
  const pages = createStagePages(
    async (parent_id, start) =>
      (await app.operations.request("stages.window", { parent_id, start, count: PAGE_ROWS })).result,
    (stage) => isOpen(view, stage),
    app.painting.changed,
  );
  let tree: Outline = EMPTY;
  /** The row of the keyboard, and the stage in it. */
  let active = 0;
  let activeId: string | undefined;
  /** The last stage at work, and whether it was on screen. */
  let running: string | undefined;
  let inView = true;
  let shownRun: string | undefined;

  const rowOf = (id: string | undefined) =>
    id === undefined ? -1 : tree.last(({ stage_id }) => stage_id === id);

  /** Brings the running stage into view, unless the list was scrolled elsewhere. */
  function followRunning(): void {
    const { run } = app.run.state;
    if (run?.run_id !== shownRun)
      [shownRun, running, inView, active, activeId] = [run?.run_id, undefined, true, 0, undefined];
    const before = rowOf(running);
    if (before >= 0) inView = before >= list.top - 1 && before <= list.bottom;
    if (!isRunning(app.run.state)) return;
    const index = tree.last(({ status }) => /^(running|recovering)$/.test(status));
    const id = index < 0 ? undefined : tree.row(index).stage?.stage_id;
    if (id === undefined || id === running) return;
    running = id;
    if (inView) list.show(index);
  }

  function activate(index: number): void {
    active = index;
    activeId = tree.row(index).stage?.stage_id;
    list.show(index);
  }

  function choose(stage: Stage): void {
    view.set({ stage: view.stage === stage.stage_id ? null : stage.stage_id, chosen: stage });
  }

  return {
    rows() {
      const { run, past, stages } = app.run.state;
      const { top_stages: top = 0, stages: all = 0 } = run?.counts ?? {};
      const shown = {
        run: `${run?.run_id} ${past?.range?.after}`,
        moment: past?.position,
        playing: !!past?.speed,
      };
      tree = outline(pages.levels({ ...shown, stages, top, all }), (stage) => isOpen(view, stage));
      const index = rowOf(activeId);
      if (index >= 0) active = index;
      return {
        total: tree.total,
        row(index) {
          const { stage, depth } = tree.row(index);
          return stage && { stage, depth };
        },
      };
    },
    drawn() {
      pages.fetchVisible(tree, list.first, list.end);
      followRunning();
    },
    treeProps: () => ({
      role: "tree",
      "aria-label": "Stages",
      tabIndex: 0,
      "aria-activedescendant": tree.total ? `stage-${active}` : undefined,
      onclick({ target, currentTarget }) {
        const row = (target as Element).closest("[role=treeitem]");
        if (!row) return;
        active = Number(row.id.slice(6));
        activeId = tree.row(active).stage?.stage_id;
        currentTarget.focus({ preventScroll: true });
        app.painting.changed();
      },
      onkeydown(event) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const { stage } = tree.row(active);
        if (event.key === "Enter" || event.key === " ") {
          if (stage) choose(stage);
        } else {
          const open = stage && stage.children > 0 ? isOpen(view, stage) : undefined;
          const move = moved(tree, active, event.key, open, list.page);
          if (move === null) return;
          if (typeof move === "number") activate(move);
          else if (stage) view.set({ opened: new Map(view.opened).set(stage.stage_id, move.open) });
        }
        event.preventDefault();
      },
    }),
    rowProps(index) {
      const { stage, depth, place, total } = tree.row(index);
      return {
        id: `stage-${index}`,
        role: "treeitem",
        "aria-level": depth + 1,
        "aria-setsize": total,
        "aria-posinset": place + 1,
        "aria-expanded": stage?.children ? isOpen(view, stage) : undefined,
        "aria-selected": view.stage === stage?.stage_id,
        "aria-current": index === active ? "true" : undefined,
      };
    },
    rate({ stage: { progress, status }, durationMs }) {
      const perSecond = (1000 * (progress?.done ?? 0)) / durationMs;
      return status === "running" && durationMs >= 1000 && perSecond > 0
        ? `· ${count(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))}/s`
        : "";
    },
    Progress: ({ stage: { progress } }) =>
      progress?.total ? (
        <i class="bar-of extra" style={`--share:${percent(progress.done / progress.total)}`} />
      ) : null,
    Below() {
      const more = stagesToCome(app.run.state.run);
      return (
        <>
          {more > 0 && <p class="note small dim">{plural(more, "more stage")} to come</p>}
          {Detail()}
        </>
      );
    },
  };
}
