import type { Artifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isRunning, ofStage } from "../../state/selectors";
import { compact, count } from "../../ui/format";
import { DOWN, Icon, kindIcon, WARNING } from "../../ui/icons";
import type { Tabs } from "./live-types";
import { createPicker, type Option } from "./picker";
import type { ArtifactState } from "./state";

/** At most so many tabs are drawn, around the tab on screen; the list has all of them. */
export const MAX_TABS = 40;
const MARGIN_TABS = 3;

/** The first drawn tab. It stays `first` while the tab on screen, `shown`, is well among the drawn tabs. */
export function firstTab(total: number, shown: number, first: number): number {
  const last = Math.max(0, total - MAX_TABS);
  const early = shown < first + MARGIN_TABS;
  const late = shown >= first + MAX_TABS - MARGIN_TABS;
  return Math.min(last, early || late ? Math.max(0, shown - MAX_TABS / 2) : first);
}

/** With fewer tabs there is no list: all of them are in view. */
const MIN_LISTED = 4;

export function createTabs(
  app: Uses<"run" | "view" | "artifacts" | "operations" | "painting">,
  state: ArtifactState,
): Tabs {
  const { view, artifacts } = app;
  /** The index of the first drawn tab. */
  let first = 0;
  /** The next tab on screen takes the focus. */
  let stepping = false;
  const all = () => ofStage(app.run.state.artifacts, view.stage, app.run.state.stages);
  const Picker = createPicker(app, state);
  const optionOf = ({ file, kind, status, chars }: Artifact): Option => ({
    id: file,
    name: file,
    on: file === artifacts.shown?.file,
    icon: <Icon d={kindIcon(kind)} />,
    detail: (
      <>
        {status === "assembling" && <i class="bead live info tone" title="being written" />}
        {status === "failed" && (
          <span class="failed tone" title="not finished">
            <Icon d={WARNING} />
          </span>
        )}
        <span class="small dim num">{compact(chars)}</span>
      </>
    ),
    choose: () => view.set({ picked: file }),
  });
  return {
    drawn(tabs, row) {
      first = firstTab(tabs.length, tabs.indexOf(row), first);
      return tabs.slice(first, first + MAX_TABS);
    },
    Menu() {
      const tabs = all();
      return (
        tabs.length >= MIN_LISTED && (
          <Picker
            id="all-tabs"
            label="All artifacts"
            icon={DOWN}
            text={
              <>
                <span class="num small">{count(tabs.length)}</span>
                <span class="sr"> artifacts</span>
              </>
            }
            tip="All artifacts"
            options={() => tabs.map(optionOf)}
          />
        )
      );
    },
    Follow: () =>
      view.picked !== null &&
      isRunning(app.run.state) && (
        <button
          class="chip"
          title="Show the artifact that is being written"
          onclick={() => view.set({ picked: null })}
        >
          Follow
        </button>
      ),
    strip(strip) {
      let file: string | undefined;
      let head: Element | null = null;
      let left = 0;
      let width = 0;
      const paint = () => {
        const tab = strip.querySelector<HTMLElement>("[aria-selected=true]");
        // Another width can move the tab out of view. A notebook removes cells that are out of view from the page:
        // their width is 0, and their scroll position is lost.
        if (strip.clientWidth !== width) file = undefined;
        width = strip.clientWidth;
        if (width && tab) {
          const { offsetLeft, offsetWidth } = tab;
          // Other tabs are drawn before it now: it stays in place.
          if (head !== strip.firstElementChild) strip.scrollLeft += offsetLeft - left;
          if (artifacts.shown?.file !== file) {
            const most = Math.min(offsetLeft, strip.scrollLeft);
            strip.scrollLeft = Math.max(offsetLeft + offsetWidth - strip.clientWidth, most);
            if (stepping) tab.focus();
            stepping = false;
          }
          file = artifacts.shown?.file;
          head = strip.firstElementChild;
          left = offsetLeft;
        }
      };
      return app.painting.onPaint(paint, strip);
    },
    onKeyDown(event) {
      const tabs = all();
      const shown = tabs.findIndex(({ file }) => file === artifacts.shown?.file);
      const to = { ArrowLeft: shown - 1, ArrowRight: shown + 1, Home: 0, End: -1 }[event.key];
      const next = to !== undefined && tabs.at(to % tabs.length);
      if (!next) return;
      event.preventDefault();
      stepping = true;
      view.set({ picked: next.file });
    },
  };
}
