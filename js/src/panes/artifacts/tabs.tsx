import type { ArtifactRow } from "../../kernel/wire";
import { isActive, ofStage } from "../../state/selectors";
import { compact, count } from "../../ui/format";
import { DOWN, Icon, kindIcon, WARNING } from "../../ui/icons";
import type { Tabs } from "./live-types";
import { createPicker, type Option } from "./picker";
import type { Own } from "./state";

/** This many tabs are drawn, around the one on screen; a list has them all. */
export const TABS_MOST = 40;
const TABS_MARGIN = 3;

/** The first tab that is drawn: the one before, `first`, while the one on screen, `at`, is well among them. */
export function firstTab(total: number, at: number, first: number): number {
  const last = Math.max(0, total - TABS_MOST);
  const early = at < first + TABS_MARGIN;
  const late = at >= first + TABS_MOST - TABS_MARGIN;
  return Math.min(last, early || late ? Math.max(0, at - TABS_MOST / 2) : first);
}

/** Fewer are in sight anyway. */
const LISTED_FROM = 4;

export function createTabs(own: Own): Tabs {
  const { app } = own;
  /** Which of the tabs is the first that is drawn. */
  let first = 0;
  /** The tab that is chosen next takes the focus. */
  let stepping = false;
  const all = () => ofStage(app.state.artifacts, app.view.stage);
  const Picker = createPicker(own);
  const optionOf = ({ file, kind, status, chars }: ArtifactRow): Option => ({
    id: file,
    name: file,
    on: file === app.shown?.file,
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
    choose: () => app.set({ picked: file }),
  });
  return {
    of(tabs, row) {
      first = firstTab(tabs.length, tabs.indexOf(row), first);
      return tabs.slice(first, first + TABS_MOST);
    },
    Menu() {
      const tabs = all();
      return (
        tabs.length >= LISTED_FROM && (
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
      app.view.picked !== null &&
      isActive(app.state.run) && (
        <button class="chip" title="Show what is being written" onclick={() => app.set({ picked: null })}>
          Follow
        </button>
      ),
    strip(strip) {
      let seen: string | undefined;
      let head: Element | null = null;
      let left = 0;
      let width = 0;
      const paint = () => {
        const tab = strip.querySelector<HTMLElement>("[aria-selected=true]");
        // With another width it may be out of sight. A notebook takes cells that are out of sight out of the page:
        // their width is 0, and their scrolling is lost.
        if (strip.clientWidth !== width) seen = undefined;
        width = strip.clientWidth;
        if (width && tab) {
          const { offsetLeft, offsetWidth } = tab;
          // Others are drawn before it now: it stays where it is.
          if (head !== strip.firstElementChild) strip.scrollLeft += offsetLeft - left;
          if (app.shown?.file !== seen) {
            const most = Math.min(offsetLeft, strip.scrollLeft);
            strip.scrollLeft = Math.max(offsetLeft + offsetWidth - strip.clientWidth, most);
            if (stepping) tab.focus();
            stepping = false;
          }
          seen = app.shown?.file;
          head = strip.firstElementChild;
          left = offsetLeft;
        }
      };
      return app.onPaint(paint);
    },
    onKeyDown(event) {
      const tabs = all();
      const at = tabs.findIndex(({ file }) => file === app.shown?.file);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
      const next = to !== undefined && tabs.at(to % tabs.length);
      if (!next) return;
      event.preventDefault();
      stepping = true;
      app.set({ picked: next.file });
    },
  };
}
