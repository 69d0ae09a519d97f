// Icons on a 16 by 16 grid: strokes in the colour of the text around them. Each is a constant of its own, so
// that a bundle contains only the icons in use.

export const PLAY = "M5 3v10l8-5Z";
export const STOP = "M4 4h8v8H4Z";
export const PLUS = "M8 3v10M3 8h10";
export const HISTORY = "M3 8a5 5 0 1 0 1.6-3.7M3 2.6v3h3M8 5v3l2 1.5";
export const HOME = "M2 8l6-5 6 5M4 7v6h8V7M7 13v-3h2v3";
export const EXPORT = "M8 2v8M5 7l3 3 3-3M3 13h10";
export const SUN =
  "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1M8 14v1M1 8h1M14 8h1M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1";
export const MOON = "M13 10A6 6 0 0 1 6 3a6 6 0 1 0 7 7Z";
export const HALF = "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2v12M10 3v10M12 4v8";
export const CHECK = "M3 8l4 4 6-8";
export const CROSS = "M4 4l8 8M12 4l-8 8";
export const WARNING = "M8 3 14 13H2ZM8 6v4M8 11v1";
export const INFO = "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 7v4M8 5v1";
export const DOWN = "M4 6l4 4 4-4";
export const RIGHT = "M6 4l4 4-4 4";
export const MAXIMISE = "M9 3h4v4M7 13H3V9M13 3 9 7M3 13l4-4";
export const RESTORE = "M13 7H9V3M3 9h4v4M9 7l5-5M7 9l-5 5";
export const SCREEN = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";
export const COPY = "M6 6h7v7H6ZM10 5V3H3v7h2";
export const REFRESH = "M13 8a5 5 0 1 1-1.6-3.7M13 2.6v3h-3";
export const OPTIONS = "M2 4h5M10 4h4M2 8h2M7 8h7M2 12h7M12 12h2M8.5 2.5v3M5.5 6.5v3M10.5 10.5v3";
export const BRAND = "M3 3h5l6 6-5 5-6-6ZM6 6v.1";
export const WRAP = "M2 4h12M2 8h9a2 2 0 0 1 0 4H7M9 10l-2 2 2 2";
export const TIME = "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 5v3l2 2";
const PAGE = "M4 2h5l3 3v9H4ZM6 8h4M6 11h4";

const KINDS: Record<string, string> = {
  html: "M5 5 2 8l3 3M11 5l3 3-3 3M9 3 7 13",
  md: "M2 11V5l3 3 3-3v6M12 5v6M10 9l2 2 2-2",
  json: "M6 3c-3 0-1 4-3 5 2 1 0 5 3 5M10 3c3 0 1 4 3 5-2 1 0 5-3 5",
};

/** The icon of an artifact's kind. */
export const kindIcon = (kind: string): string => KINDS[kind] ?? PAGE;

export function Icon({ d }: { d: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

const TICK = "M5 8l2 2 4-4";
const MARKS: Record<string, string> = {
  running: "M8 8h0",
  recovering: "M5 8a3 3 0 1 0 1-2M5 4v2h2",
  completed: TICK,
  recovered: TICK,
  failed: "M6 6l4 4M10 6l-4 4",
  cancelled: "M5 8h6",
};

/** The status of a stage or run as a disc: each has a mark besides its colour. */
export function Mark({ status }: { status: string }) {
  return (
    <svg class={`mark ${status}`} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6" />
      <path d={MARKS[status] ?? ""} />
    </svg>
  );
}
