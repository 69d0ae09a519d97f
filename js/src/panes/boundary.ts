// Keeps the exceptions of a pane from the rest of the console. Each pane is drawn into an element of its own.

import { type Child, createRoot, type Ref } from "../ui/dom";

export interface PaneFailure {
  text: string;
  /** The pane is not drawn until a retry. */
  stopped: boolean;
}

export interface Boundary {
  readonly failure: PaneFailure | undefined;
  /** The element that the pane is drawn in. */
  place: Ref;
  /**
   * Draws the pane, or `part` of it, unless it is stopped. If that throws, the last picture stays, and the pane is
   * stopped.
   */
  draw(make: () => Child, part?: Child): void;
  /** A painter of the pane has thrown: the pane is stopped. */
  stop(error: unknown): void;
  /** Removes the failure, and draws the pane again. */
  retry(): void;
}

/** `changed` schedules a drawing, which shows the failure. */
export function createBoundary(title: string, changed: () => void): Boundary {
  let root: ReturnType<typeof createRoot> | undefined;
  let hasPicture = false;
  let failure: PaneFailure | undefined;

  function fail(error: unknown, stopped: boolean): void {
    console.error(error);
    if (failure?.stopped) return;
    const reason = error instanceof Error ? error.message : String(error);
    const what = stopped ? `${title} cannot be drawn` : `An action in ${title} failed`;
    const rest = stopped && hasPicture ? " The last picture is shown." : "";
    failure = { text: `${what}: ${reason.replace(/\.?$/, ".")}${rest}`, stopped };
    changed();
  }

  return {
    get failure() {
      return failure;
    },
    place(element) {
      const draw = createRoot(element, (error) => fail(error, false));
      root = draw;
      return () => {
        root = undefined;
        draw(null);
      };
    },
    draw(make, part) {
      if (!root || failure?.stopped) return;
      try {
        root(make(), part);
        hasPicture = true;
      } catch (error) {
        fail(error, true);
      }
    },
    stop: (error) => fail(error, true),
    retry() {
      failure = undefined;
      changed();
    },
  };
}
