// A range on the time axis: Shift and a drag select it, its ends can be moved, and all panes show only what happened
// in it.

import type { RunAxis } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import type { Child } from "../../ui/dom";
import { percent, seconds } from "../../ui/format";
import { CROSS, Icon } from "../../ui/icons";
import { type Moves, SETTLE_MS } from "./moves";
import {
  dragged,
  type RangeShares,
  rangeWords,
  sharesOfRange,
  shownWords,
  timesOfShares,
  withEdge,
  withEnd,
} from "./range";
import { edgeStep, endOfKey } from "./range-keys";
import { shareOf, timeOf } from "./scale";
import type { AxisExtras } from "./travel-types";

const EDGES = [
  [0, "Start of the range"],
  [1, "End of the range"],
] as const;

/** What is being dragged: a new range from its first place, an end of the range, or the moment within it. */
type Drag = { from: number } | { edge: 0 | 1 } | "moment";

export function createRanges(
  { run, operations, connection, painting }: Uses<"run" | "operations" | "connection" | "painting">,
  moves: Moves,
  Tools: AxisExtras["Tools"],
): AxisExtras {
  let axis: RunAxis | null = null;
  let drag: Drag | null = null;
  /** What is drawn while it is dragged, and until it is shown. */
  let draft: RangeShares | null = null;
  /** The range that was shown when another one was selected. */
  let before = "";

  const shown = () => run.state.past?.range ?? null;
  const shares = (): RangeShares | null => {
    const range = shown();
    return axis && range && sharesOfRange(axis, range);
  };

  function put(next: RangeShares | null): void {
    draft = next;
    painting.changed();
  }

  /** Shows only a range; until then it is drawn as it was selected. */
  function show(next: RangeShares): void {
    const times = timesOfShares(axis as RunAxis, next);
    before = JSON.stringify(shown());
    put(next);
    const done = () => draft === next && !drag && put(null);
    moves.go(async () => {
      try {
        await operations.request("travel.range", times);
        // It is drawn a little after the answer, unless it is the same.
        setTimeout(done, SETTLE_MS);
      } catch (error) {
        done();
        throw error;
      }
    });
  }

  function close(): boolean {
    if (!shown() && !draft) return false;
    drag = null;
    put(null);
    moves.go(() => operations.request("travel.range", { start_us: null, end_us: null }));
    return true;
  }

  /** The share of the axis at which the moment is. */
  function momentShare(all: RunAxis): number {
    const { past } = run.state;
    return past ? shareOf(all, past.time_us ?? all.start_us) : 1;
  }

  function attach(track: HTMLElement): () => void {
    const shareAt = ({ clientX }: PointerEvent) => {
      const { left, width } = track.getBoundingClientRect();
      return Math.max(0, Math.min(1, (clientX - left) / width));
    };
    /** The axis does not take the event, too. */
    const taken = (event: Event) => event.stopImmediatePropagation();
    const onDown = (event: PointerEvent) => {
      const target = event.target as HTMLElement;
      if (event.button || !axis || connection.off) return;
      if (target.closest(".part")) return taken(event);
      const range = shares();
      const edge = target.dataset.edge;
      const at = shareAt(event);
      if (edge) drag = { edge: edge === "1" ? 1 : 0 };
      else if (event.shiftKey) drag = { from: at };
      else {
        drag = range && at >= range[0] && at <= range[1] ? "moment" : null;
        return;
      }
      draft = edge ? range : null;
      track.setPointerCapture(event.pointerId);
      if (edge) target.focus({ preventScroll: true });
      event.preventDefault();
      taken(event);
    };
    const onMove = (event: PointerEvent) => {
      if (!drag) return;
      const at = shareAt(event);
      if (drag === "moment") {
        // A moment that is dragged stays in the range: one outside would end it.
        const range = shares();
        if (range && (at < range[0] || at > range[1])) taken(event);
        return;
      }
      put("from" in drag ? dragged(drag.from, at) : draft && withEdge(draft, drag.edge, at));
      taken(event);
    };
    const onEnd = (event: PointerEvent) => {
      const ended = drag;
      drag = null;
      if (!ended || ended === "moment") return;
      taken(event);
      if (draft) show(draft);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !axis || connection.off) return;
      const range = shares();
      const { edge } = (event.target as HTMLElement).dataset;
      const step = edgeStep(event);
      const end = edge ? undefined : endOfKey(event);
      if (edge && range && step !== null) {
        const last = draft ?? range;
        show(withEdge(last, edge === "1" ? 1 : 0, last[edge === "1" ? 1 : 0] + step));
      } else if (end !== undefined) show(withEnd(range, end, momentShare(axis)));
      else if (!edge && range && (event.key === "Home" || event.key === "End")) {
        const { after, upto } = run.state.past?.range ?? { after: 0, upto: 0 };
        moves.seek({ position: event.key === "Home" ? after : upto, time_us: null });
      } else return;
      event.preventDefault();
      taken(event);
    };
    const listeners = [
      ["pointerdown", onDown],
      ["pointermove", onMove],
      ["lostpointercapture", onEnd],
      ["keydown", onKey],
    ] as const;
    for (const [name, listener] of listeners) track.addEventListener(name, listener as EventListener, true);
    return () => {
      for (const [name, listener] of listeners)
        track.removeEventListener(name, listener as EventListener, true);
    };
  }

  function Edge({ edge, label, part }: { edge: 0 | 1; label: string; part: RangeShares }) {
    const all = axis as RunAxis;
    const at = part[edge];
    return (
      <div
        class="edge"
        role="slider"
        tabIndex={0}
        data-edge={`${edge}`}
        style={`left:${100 * at}%`}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * at)}
        aria-valuetext={seconds((timeOf(all, at) - all.start_us) / 1000)}
        title={`${label}: drag it, or use Left and Right`}
      />
    );
  }

  return {
    attach,
    close,
    Tools,
    get tip() {
      return shown() || draft ? "" : "Shift and drag: show only a range";
    },
    Band(current): Child {
      axis = current;
      const range = shown();
      if (!drag && JSON.stringify(range) !== before) draft = null;
      const part = draft ?? shares();
      const [from, to] = part ?? [0, 1];
      const words = range && !draft ? shownWords(current, range) : "";
      return (
        <>
          <span class="sr" role="status">
            {words && `Only ${words}`}
          </span>
          {part && (
            <>
              <i class="outside" style={`right:${percent(1 - from)}`} />
              <i class="outside" style={`left:${percent(to)}`} />
              {EDGES.map(([edge, label]) => (
                <Edge key={edge} {...{ edge, label, part }} />
              ))}
              <button
                class={`part chip on small ${from > 1 - to ? "first" : ""}`}
                title="Show the whole run (Esc)"
                onclick={close}
              >
                <span class="cut num">{words || rangeWords(current, part)}</span>
                <Icon d={CROSS} />
              </button>
            </>
          )}
        </>
      );
    },
  };
}
