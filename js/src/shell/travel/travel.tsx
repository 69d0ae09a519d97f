// The time axis of a run, under the header: what happened when, which moment is shown, and the way to others.

import type { RunAxis } from "../../kernel/wire";
import type { App } from "../../state/app";
import { isActive } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Child, Ref } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { seconds } from "../../ui/format";
import { iconStyle, PAUSE, PLAY, RIGHT, WARNING } from "../../ui/icons";
import { newestOf } from "./axis-data";
import { travelAction } from "./keys";
import { type Moves, NEWEST, SPEEDS, TRAVEL } from "./moves";
import {
  activityPath,
  behindWords,
  type DrawnMark,
  eventWords,
  MARKED,
  MARKS,
  type MarkKind,
  markPath,
  marksNear,
  markWords,
  momentWords,
  positionAt,
  shareOf,
  stageAt,
  tickPath,
  timeOf,
} from "./scale";
import type { AxisExtras } from "./travel-types";

const LEFT = "M10 4l-4 4 4 4";
const TO_END = "M4 4l4 4-4 4M11 4v8";
const SHORTEN = "M2 8h4M4 6l2 2-2 2M14 8h-4M12 6l-2 2 2 2M8 3v10";

/** A mark is hit within this distance; at the right end the newest moment is. */
const HIT_PX = 5;
/** A button that is held steps on after this time. */
const HELD_MS = 350;
const STEP_MS = 60;

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

export function createTravel(
  app: Pick<App, "run" | "view" | "operations" | "painting" | "connection">,
  moves: Moves,
  axisOf: () => RunAxis | null,
  extras?: AxisExtras,
): () => Child {
  const { painting } = app;
  /** The place of the pointer, and the width of the axis there. */
  let hover: { share: number; reach: number } | null = null;
  /** What a screen reader reads: it does not change while the run is played. */
  let spoken = { now: 0, text: "" };
  let stepping: ReturnType<typeof setTimeout> | undefined;
  let stepped = false;
  /** The width of the axis in pixels, as it was measured last: the marks keep their shape at any width. */
  let widthPx = 800;

  const measured: Ref = (track) => {
    const sizes = new ResizeObserver(() => {
      if (!track.clientWidth || track.clientWidth === widthPx) return;
      widthPx = track.clientWidth;
      painting.changed();
    });
    sizes.observe(track);
    const detach = extras?.attach(track);
    return () => {
      sizes.disconnect();
      detach?.();
    };
  };

  const setHover = (next: typeof hover) => {
    if (hover === next) return;
    hover = next;
    painting.changed();
  };

  const offReason = () => app.connection.off || (app.run.state.run ? "" : "No run is on screen");

  /** The button of a step, which goes on while it is held. */
  function Step({ direction, icon, tip }: { direction: 1 | -1; icon: string; tip: string }) {
    const go = (repeated: boolean) => moves.step(direction, "event", repeated);
    const repeat = () => {
      go(stepped);
      stepped = true;
      stepping = setTimeout(repeat, STEP_MS);
    };
    const off = offReason();
    return (
      <button
        class="tool icon"
        style={iconStyle(icon)}
        aria-label={tip}
        title={off || tip}
        aria-disabled={!!off}
        onpointerdown={({ button, currentTarget, pointerId }) => {
          stepped = false;
          if (button || off) return;
          currentTarget.setPointerCapture(pointerId);
          stepping = setTimeout(repeat, HELD_MS);
        }}
        onlostpointercapture={() => clearTimeout(stepping)}
        onclick={() => {
          if (!stepped && !off) go(false);
          stepped = false;
        }}
      />
    );
  }

  function Track({ axis }: { axis: RunAxis | null }) {
    const { past, run } = app.run.state;
    const newest = newestOf(app.run.state);
    const startUs = axis?.start_us ?? 0;
    const shownUs = moves.targetUs ?? (past ? (past.time_us ?? startUs) : null);
    const share = shownUs === null ? 1 : axis ? shareOf(axis, shownUs) : 1;
    const position = past?.position ?? newest;
    if (past?.speed) spoken = { ...spoken, text: `Playing at ${past.speed} times the speed` };
    else if (!past && isActive(app.run.state)) spoken = { now: newest, text: "Live" };
    else {
      const time_us = past ? (past.time_us ?? startUs) : (axis?.end_us ?? startUs);
      spoken = {
        now: position,
        text: momentWords(startUs, { position, time_us }, newest),
      };
    }

    const placeOf = ({ currentTarget, clientX }: PointerEvent & { currentTarget: HTMLElement }) => {
      const { left, width } = currentTarget.getBoundingClientRect();
      return { share: Math.max(0, Math.min(1, (clientX - left) / width)), reach: HIT_PX / width };
    };
    const seek = (at: NonNullable<typeof hover>, mark?: DrawnMark) => {
      if (!axis) return;
      if (mark) moves.seek({ position: mark.position, time_us: null }, mark.time_us);
      else if (at.share > 1 - at.reach) moves.seek(NEWEST, axis.end_us);
      else {
        const time_us = timeOf(axis, at.share);
        moves.seek({ position: null, time_us }, time_us);
      }
    };

    return (
      <div
        class="times grow rel"
        ref={measured}
        onpointerdown={(event) => {
          if (event.button || !axis || app.connection.off) return;
          const at = placeOf(event);
          event.currentTarget.setPointerCapture(event.pointerId);
          event.currentTarget.querySelector<HTMLElement>("[role=slider]")?.focus({ preventScroll: true });
          event.preventDefault();
          moves.hold(true);
          seek(at, marksNear(axis, at.share, at.reach)[0]);
        }}
        onpointermove={(event) => {
          const at = placeOf(event);
          const before = hover;
          setHover(at);
          const moved = before?.share !== at.share;
          if (moved && event.currentTarget.hasPointerCapture(event.pointerId)) seek(at);
        }}
        onlostpointercapture={() => moves.hold(false)}
        onpointerleave={() => setHover(null)}
      >
        {axis && painting.memo(axis, `${widthPx}`, () => <Drawing {...{ axis, widthPx }} />)}
        <i class="later" style={`left:${percent(share)}`} />
        <div
          class="handle"
          style={`left:${percent(share)}`}
          role="slider"
          tabIndex={0}
          aria-label="Moment of the run"
          aria-valuemin={0}
          aria-valuemax={newest}
          aria-valuenow={spoken.now}
          aria-valuetext={spoken.text}
          aria-disabled={!run || !!app.connection.off}
          onkeydown={(event) => {
            const action = travelAction(event);
            if (!action || app.connection.off) return;
            event.preventDefault();
            if (action === "play") moves.toggle();
            else if (action === "start") moves.seek({ position: 0, time_us: null });
            else if (action === "newest") moves.seek(NEWEST);
            else moves.step(...action, event.repeat);
          }}
        />
        {axis && extras?.Band(axis)}
        {hover && axis && <Hint {...{ axis, hover, newest }} tip={extras?.tip} />}
      </div>
    );
  }

  return () => {
    const { state } = app.run;
    const { run, past } = state;
    const axis = axisOf();
    // Without a run the row is there, too: nothing moves when one starts.
    const off = offReason();
    const playing = !!past?.speed;
    // The way back to the newest moment; of a run that goes on, how far behind the moment is.
    const live = isActive(state) && !run?.recording;
    const troubled = axis?.marks.some(
      ({ kind }) => kind === "failure" || kind === "error" || kind === "violation",
    );
    return (
      <div key="travel" class="travel row" role="group" aria-label="Time axis">
        <span class="row keys">
          <Button
            icon={playing ? PAUSE : PLAY}
            tip={playing ? "Pause (Space)" : "Play the run (Space)"}
            off={off}
            onclick={moves.toggle}
          />
          <Step direction={-1} icon={LEFT} tip="Previous event (Left); hold to go on" />
          <Step direction={1} icon={RIGHT} tip="Next event (Right); hold to go on" />
          <Button
            icon={WARNING}
            tip="Next trouble (Page Down)"
            off={off || (troubled ? "" : "Nothing has failed or was violated")}
            onclick={() => moves.step(1, "trouble")}
          />
          <select
            class="small"
            aria-label="Speed"
            value={`${moves.speed}`}
            onchange={({ currentTarget: { value } }) => moves.set({ speed: Number(value) })}
          >
            {SPEEDS.map((speed) => (
              <option value={`${speed}`}>{speed}×</option>
            ))}
          </select>
          <Button
            icon={SHORTEN}
            tip="Shorten pauses to 2 s"
            on={moves.shortPauses}
            onclick={() => moves.set({ shortPauses: !moves.shortPauses })}
          />
          {extras?.Tools()}
        </span>
        <Track axis={axis} />
        <Button
          class={live ? `chip now ${past ? "on" : ""}` : "tool"}
          icon={live ? undefined : TO_END}
          text={
            live && (
              <span class="num">
                {past ? behindWords((past.newest_us ?? 0) - (past.time_us ?? axis?.start_us ?? 0)) : "Live"}
              </span>
            )
          }
          tip={live ? "Back to live (End)" : "To the newest moment (End)"}
          off={off || (past ? "" : "The newest moment is shown")}
          onclick={() => moves.seek(NEWEST)}
        />
        <Failure failures={app.operations} at={TRAVEL} />
      </div>
    );
  };
}

/** What happened when: it changes with the axis and its width only. */
const Drawing = ({ axis, widthPx }: { axis: RunAxis; widthPx: number }) => (
  <>
    <svg class="activity" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="events" d={activityPath(axis)} />
      <path class="ticks" d={tickPath(axis)} />
    </svg>
    <svg class="flags" aria-hidden="true">
      {[...MARKED].reverse().map((kind) => {
        const d = markPath(axis, kind, widthPx);
        return d && <path class={MARKS[kind][1]} d={d} />;
      })}
    </svg>
  </>
);

/** The shape of a mark, as in the axis. */
const Flag = ({ kind }: { kind: MarkKind }) => (
  <svg class={`flag ${MARKS[kind][1]}`} viewBox="-4 -4 8 8" aria-hidden="true">
    <path d={`M0 0${MARKS[kind][0]}`} />
  </svg>
);

/** What is at the pointer. It does not leave the axis at its ends. */
function Hint({
  axis,
  hover,
  newest,
  tip,
}: {
  axis: RunAxis;
  hover: { share: number; reach: number };
  newest: number;
  tip: string | undefined;
}) {
  const { share, reach } = hover;
  const marks = marksNear(axis, share, reach);
  const time_us = marks[0]?.time_us ?? timeOf(axis, share);
  const stage = stageAt(axis, time_us);
  const position = marks[0]?.position ?? positionAt(axis, time_us);
  return (
    <div class="hint small" aria-hidden="true" style={`--share:${percent(share)}`}>
      <div class="row">
        <b class="num">{seconds((time_us - axis.start_us) / 1000)}</b>
        <span class="dim num">{eventWords(position, newest)}</span>
      </div>
      {stage && <div class="cut dim">{stage.label}</div>}
      {marks.map((mark) => (
        <div class="row">
          <Flag kind={mark.kind} />
          <span class="cut">{markWords(mark)}</span>
        </div>
      ))}
      {tip && <div class="dim">{tip}</div>}
    </div>
  );
}
