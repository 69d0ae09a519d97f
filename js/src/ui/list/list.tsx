// A list of any length. With a kernel it draws only the rows on screen (virtual.ts); a saved run has few
// rows, and all of them are drawn.

import type { Child, Ref } from "../dom";
import type { Html } from "../jsx";

/** A plain list draws at most so many rows: more than a saved run has. */
const MAX_PLAIN_ROWS = 500;

export interface List {
  /** The height of the lowest row. */
  readonly rowPx: number;
  /** It follows its end after a scroll to the end. */
  readonly tail: boolean;
  /** It draws only the rows on screen. */
  virtual: boolean;
  /** It stays at its end while rows are added. */
  follow: boolean;
  atEnd: boolean;
  /** The number of moves so far: scrolls, and rows brought into view. */
  moved: number;
  viewPx: number;
  /** The number of rows of a page. */
  page: number;
  /** The rows that are drawn. */
  first: number;
  end: number;
  /** The element of a row has the row's index less this as its key. */
  base: number;
  /**
   * The points at the screen's top and bottom: the index of a row, plus the part of it above the point.
   * A row of which at most a pixel is on screen is above the top.
   */
  top: number;
  bottom: number;
  /** Brings a row into view at the next drawing, and stops following the end. */
  show(index: number): void;
  /** Puts a point of the list at the screen's top, and stops following the end. */
  moveTo(point: number): void;
  /** The element in the last tree of everything. */
  drawn?: Child;
  /** Prepares the drawing of a list of `total` rows. */
  draw(total: number): void;
  box?: Ref;
  onScroll?(): void;
  onWheel?(event: WheelEvent): void;
  onPointerDown?(event: Event): void;
}

const ignore = () => undefined;

export function createList(rowPx: number, tail = false): List {
  const list: List = {
    rowPx,
    tail,
    virtual: false,
    follow: tail,
    atEnd: true,
    moved: 0,
    viewPx: 280,
    page: 1,
    first: 0,
    end: 0,
    base: 0,
    top: 0,
    bottom: 0,
    show: ignore,
    moveTo: ignore,
    draw(total) {
      list.first = Math.max(0, total - MAX_PLAIN_ROWS);
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

export function Rows({ list, total, row, class: classes, ...props }: RowsProps) {
  list.draw(total);
  const { first, end, virtual } = list;
  return (
    <div
      key={`${virtual}`}
      {...props}
      class={`list scroll ${classes ?? ""} ${!virtual && list.tail ? "tail" : ""}`}
      ref={list.box}
      onscroll={list.onScroll}
      onwheel={list.onWheel}
      onpointerdown={list.onPointerDown}
    >
      <div class={virtual ? "spacer" : ""}>
        <div>{Array.from({ length: Math.max(0, end - first) }, (_, i) => row(first + i))}</div>
      </div>
    </div>
  );
}
