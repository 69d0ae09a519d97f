// A list of any length. With a kernel it draws only what is on screen, by the part "lists"; what a saved
// notebook holds is drawn as it is.

import type { App } from "../../state/app";
import type { Child, Ref } from "../dom";
import type { Html } from "../jsx";

/** So many rows are drawn without the part: more than a saved run has. */
const PLAIN_MOST = 500;

export interface List {
  readonly app: Pick<App, "changed" | "onPaint" | "parts">;
  /** The height of the lowest row. */
  readonly rowPx: number;
  /** It follows the end whenever one has scrolled there. */
  readonly tail: boolean;
  /** The part draws it. */
  driven: boolean;
  /** Stays with the end until one moves away from it. */
  follow: boolean;
  atEnd: boolean;
  /** How often one has moved it: scrolled it, or brought a row into view. */
  moved: number;
  viewPx: number;
  /** How many rows one goes with a page. */
  page: number;
  /** The rows that are drawn. */
  first: number;
  end: number;
  /** The points at the screen's top and bottom: a row's index, and how far into it. */
  top: number;
  bottom: number;
  /** Brings a row into view at the next drawing, and no longer follows the end. */
  show(index: number): void;
  /** Puts a point of the list at the screen's top, and no longer follows the end. */
  stand(at: number): void;
  /** Prepares the drawing of a list of `total` rows. */
  draw(total: number): void;
  box?: Ref;
  onScroll?(): void;
  onWheel?(event: WheelEvent): void;
  onPointerDown?(event: Event): void;
}

const ignore = () => undefined;

export function createList(app: List["app"], rowPx: number, tail = false): List {
  const list: List = {
    app,
    rowPx,
    tail,
    driven: false,
    follow: tail,
    atEnd: true,
    moved: 0,
    viewPx: 280,
    page: 1,
    first: 0,
    end: 0,
    top: 0,
    bottom: 0,
    show: ignore,
    stand: ignore,
    draw(total) {
      list.first = Math.max(0, total - PLAIN_MOST);
      list.end = total;
    },
  };
  return list;
}

type RowsProps = Omit<Html<HTMLDivElement>, "ref" | "onscroll" | "onwheel" | "onpointerdown"> & {
  list: List;
  total: number;
  /** One element for the row of this index, with a key. */
  row: (index: number) => Child;
};

export function Rows({ list, total, row, class: kind, ...props }: RowsProps) {
  if (!list.driven) list.app.parts.lists?.drive(list);
  list.draw(total);
  const { first, end, driven } = list;
  return (
    <div
      key={`${driven}`}
      {...props}
      class={`list scroll ${kind ?? ""} ${!driven && list.tail ? "tail" : ""}`}
      ref={list.box}
      onscroll={list.onScroll}
      onwheel={list.onWheel}
      onpointerdown={list.onPointerDown}
    >
      <div class={driven ? "spacer" : ""}>
        <div>{Array.from({ length: Math.max(0, end - first) }, (_, i) => row(first + i))}</div>
      </div>
    </div>
  );
}
