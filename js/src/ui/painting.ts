// Schedules drawings: all changes of one task are drawn in one pass, in the next microtask.

import type { Child } from "./dom";

export interface Painting {
  /** Schedules a drawing. */
  changed(): void;
  /** Draws now. */
  paint(): void;
  /**
   * Calls `painter` after each drawing, for what the component tree does not draw, until the returned function
   * is called. An exception belongs to the pane of `element`.
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
  /** When the last drawing began, in milliseconds. */
  readonly paintedMs: number;
  close(): void;
}

export function createPainting(draw: () => void, guard: PainterGuard): PaintingLoop {
  const painters = new Map<() => void, HTMLElement | undefined>();
  const memos = new WeakMap<object, { mode: string; child: Child }>();
  let scheduled = false;
  let closed = false;
  let paintedMs = 0;

  function paint(): void {
    scheduled = false;
    if (closed) return;
    paintedMs = Date.now();
    draw();
    for (const [painter, element] of painters) {
      if (element && guard.isStopped(element)) continue;
      try {
        painter();
      } catch (error) {
        guard.onError(error, element);
      }
    }
  }

  return {
    get paintedMs() {
      return paintedMs;
    },
    paint,
    changed() {
      if (scheduled || closed) return;
      scheduled = true;
      queueMicrotask(paint);
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
