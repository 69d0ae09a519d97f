// Schedules drawings: all changes of one task are drawn in one pass, in the next microtask. What changes many
// times a second, such as figures that count, is drawn a few times a second; the log lines each time.

import type { Child } from "./dom";

/** A `grew` draws everything again after this time, in milliseconds. */
const PAUSE_MS = 220;
/** Everything is drawn at most so many milliseconds after a `grew`: with the next frame, where one follows soon. */
export const LATEST_MS = 250;

export interface Painting {
  /** When everything was last drawn, in milliseconds. */
  readonly paintedMs: number;
  /** Only the log lines are being drawn. */
  readonly quick: boolean;
  /** Schedules a drawing. */
  changed(): void;
  /** Schedules a drawing of the log lines; of everything, if the last one is `PAUSE_MS` ago. */
  grew(): void;
  /** Draws now. */
  paint(): void;
  /**
   * Calls `painter` after each drawing, for what the component tree does not draw, until the returned function
   * is called; without an `element` only after drawings of everything. An exception belongs to its pane.
   */
  onPaint(painter: () => void, element?: HTMLElement): () => void;
  /** The result of the last `make` for the same row and mode: an identical object is not compared again. */
  memo(row: object, mode: string, make: () => Child): Child;
}

/** What keeps the exceptions of painters apart. */
export interface PainterGuard {
  /** The painters of this element are not called. */
  isStopped(element: HTMLElement): boolean;
  onError(error: unknown, element: HTMLElement | undefined): void;
}

export interface PaintingLoop extends Painting {
  close(): void;
}

export function createPainting(draw: (quick: boolean) => void, guard: PainterGuard): PaintingLoop {
  const painters = new Map<() => void, HTMLElement | undefined>();
  const memos = new WeakMap<object, { mode: string; child: Child }>();
  let scheduled = false;
  let closed = false;
  let paintedMs = -LATEST_MS;
  /** The scheduled drawing is one of everything. */
  let all = false;
  let quick = false;
  let later: ReturnType<typeof setTimeout> | undefined;

  function paintScheduled(): void {
    scheduled = false;
    if (closed) return;
    quick = !all;
    all = false;
    if (!quick) {
      paintedMs = performance.now();
      clearTimeout(later);
      later = undefined;
    }
    draw(quick);
    for (const [painter, element] of painters) {
      if (element ? guard.isStopped(element) : quick) continue;
      try {
        painter();
      } catch (error) {
        guard.onError(error, element);
      }
    }
  }

  function schedule(): void {
    if (scheduled || closed) return;
    scheduled = true;
    queueMicrotask(paintScheduled);
  }

  function changed(): void {
    all = true;
    schedule();
  }

  return {
    get paintedMs() {
      return paintedMs;
    },
    get quick() {
      return quick;
    },
    paint() {
      all = true;
      paintScheduled();
    },
    changed,
    grew() {
      const ago = performance.now() - paintedMs;
      if (ago < PAUSE_MS) {
        later ??= setTimeout(changed, LATEST_MS);
        schedule();
      } else changed();
    },
    onPaint(painter, element) {
      painters.set(painter, element);
      return () => painters.delete(painter);
    },
    memo(row, mode, make) {
      const memo = memos.get(row);
      if (memo?.mode === mode) return memo.child;
      const child = make();
      memos.set(row, { mode, child });
      return child;
    },
    close() {
      closed = true;
    },
  };
}
