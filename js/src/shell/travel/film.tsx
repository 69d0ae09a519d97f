// The film strip under the axis: small pictures of the artifacts at the moments when most of them was written, each drawn
// in the sandboxed frame of the preview. They are requested one after the other, only while the strip is unfolded.

import type { RunAxis } from "../../kernel/wire";
import { createPreview } from "../../panes/artifacts/preview/frame";
import type { App } from "../../state/app";
import { isActive } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Child, Ref } from "../../ui/dom";
import { seconds } from "../../ui/format";
import { newestOf } from "./axis-data";
import type { Moves } from "./moves";
import { loadAxisPreferences, saveAxisPreferences } from "./preferences";
import { SHOT_PX, type Shot, shotsOf } from "./shots";

const FILM = "M2 3h12v10H2ZM5 3v10M11 3v10M2 6h3M2 10h3M11 6h3M11 10h3";
/** Documents of so many pictures are kept. */
const MOST_KEPT = 30;
/** Between two requests the page and the kernel do other work, in milliseconds. */
const PAUSE_MS = 80;
/** A run that had so many events since its axis was requested last is a flood: no picture is drawn. */
const FLOOD = 500;

interface Film {
  /** The button that folds the strip. */
  Toggle: () => Child;
  Strip: () => Child;
}

export function createFilm(
  { run, view, operations, painting, connection, appearance }: App,
  moves: Moves,
  axisOf: () => RunAxis | null,
): Film {
  let { film: open } = loadAxisPreferences();
  /** The documents, by the key of their picture. */
  const documents = new Map<string, string>();
  let shots: Shot[] = [];
  let busy = false;
  /** Where the axis is, in pixels. */
  let place = { left: 0, width: 0 };

  const keyOf = ({ file, position }: Shot) =>
    [run.state.run?.run_id, file, position, appearance.dark].join("\n");

  async function load(shot: Shot): Promise<void> {
    const { file, position } = shot;
    const key = keyOf(shot);
    busy = true;
    let html = "";
    try {
      const args = { file, position, dark: appearance.dark };
      ({ html } = (await operations.request("travel.picture", args)).result);
    } catch {
      // Its place stays blank.
    }
    documents.set(key, html);
    for (const old of documents.keys()) if (documents.size > MOST_KEPT) documents.delete(old);
    painting.changed();
    setTimeout(() => {
      busy = false;
      painting.changed();
    }, PAUSE_MS);
  }

  painting.onPaint(() => {
    const { state } = run;
    const axis = axisOf();
    if (!open || busy || !axis || !view.visible || connection.off || state.past?.speed) return;
    if (isActive(state) && newestOf(state) - axis.newest > FLOOD) return;
    const next = shots.find((shot) => !documents.has(keyOf(shot)));
    if (next) load(next);
  });

  /** Draws a picture once its document is there. */
  const drawn =
    (key: string): Ref =>
    (place) => {
      let preview: ReturnType<typeof createPreview> | undefined;
      const draw = () => {
        const html = documents.get(key);
        if (!html || preview) return;
        const none = () => undefined;
        preview = createPreview({ onLink: none, onBlocked: none });
        preview.element.tabIndex = -1;
        place.append(preview.element);
        preview.show({ subject: key, version: "1", chunks: [html], done: true });
      };
      const stop = painting.onPaint(draw);
      draw();
      return () => {
        stop();
        preview?.dispose();
      };
    };

  const measured: Ref = (strip) => {
    const track = strip.previousElementSibling?.querySelector<HTMLElement>(".times");
    if (!track) return undefined;
    const measure = () => {
      const next = { left: track.offsetLeft, width: track.clientWidth };
      if (next.left === place.left && next.width === place.width) return;
      place = next;
      painting.changed();
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(track);
    measure();
    return () => sizes.disconnect();
  };

  return {
    Toggle: () => (
      <Button
        icon={FILM}
        tip="Pictures of the artifacts as they were written"
        on={open}
        onclick={() => {
          open = !open;
          saveAxisPreferences({ film: open });
          painting.changed();
        }}
      />
    ),
    Strip() {
      if (!open) return null;
      const axis = axisOf();
      shots = axis ? shotsOf(axis, place.width) : [];
      const { past } = run.state;
      return (
        <div key="film" class="film rel" role="group" aria-label="Film strip" ref={measured}>
          {axis && !axis.changes.length && <p class="small dim">No artifact was written yet.</p>}
          {shots.map((shot) => {
            const { file, position, time_us, middlePx } = shot;
            const key = keyOf(shot);
            const time = seconds((time_us - (axis?.start_us ?? 0)) / 1000);
            const leftPx = place.left + middlePx - SHOT_PX / 2;
            return (
              <div
                key={key}
                class={`shot ${past?.position === position ? "on" : ""}`}
                style={`left:${leftPx}px;--from:${(100 * middlePx) / place.width}%;--scale:${/\.html?$/.test(file) ? 0.1 : 0.25}`}
              >
                <div class="picture" inert aria-hidden="true" ref={drawn(key)} />
                <button
                  aria-label={`${file} at ${time}`}
                  title={`${file} at ${time}`}
                  onclick={() => moves.seek({ position, time_us: null }, time_us)}
                />
                <span class="small num" aria-hidden="true">
                  {time}
                </span>
              </div>
            );
          })}
        </div>
      );
    },
  };
}
