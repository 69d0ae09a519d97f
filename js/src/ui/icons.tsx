// Icons on a 16 by 16 grid: strokes in the colour of the text around them. Each is a constant of its own, so
// that a bundle contains only the icons in use. An icon is the mask of a pseudo-element (`.icon` in base.css), because
// a run's console has a hundred of them, and each element of the page costs memory and time.

import { SVG } from "./dom";
import { lookUp } from "./look-up";

/** A mark in a circle. */
const ring = (mark = "") => `M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2${mark}`;

export const PLAY = "M5 3v10l8-5Z";
export const PAUSE = "M5 3v10M11 3v10";
export const FORK = "M5 2v12M5 9c4 0 6-2 6-6M9 5l2-3 2 3";
export const STOP = "M4 4h8v8H4Z";
export const PLUS = "M8 3v10M3 8h10";
export const HISTORY = "M3 8a5 5 0 1 0 1.6-3.7M3 2.6v3h3M8 5v3l2 1.5";
export const HOME = "M2 8l6-5 6 5M4 7v6h8V7M7 13v-3h2v3";
export const EXPORT = "M8 2v8M5 7l3 3 3-3M3 13h10";
export const KEYBOARD = "M1 4h14v8H1ZM4 7h0M6.7 7h0M9.3 7h0M12 7h0M5 9.5h6";
export const SUN =
  "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1M8 14v1M1 8h1M14 8h1M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1";
export const MOON = "M13 10A6 6 0 0 1 6 3a6 6 0 1 0 7 7Z";
export const HALF = /* @__PURE__ */ ring("v12M10 3v10M12 4v8");
export const CHECK = "M3 8l4 4 6-8";
export const CROSS = "M4 4l8 8M12 4l-8 8";
export const WARNING = "M8 3 14 13H2ZM8 6v4M8 11v1";
export const INFO = /* @__PURE__ */ ring("M8 7v4M8 5v1");
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
export const TIME = /* @__PURE__ */ ring("M8 5v3l2 2");
const PAGE = "M4 2h5l3 3v9H4ZM6 8h4M6 11h4";

const KINDS: Record<string, string> = {
  html: "M5 5 2 8l3 3M11 5l3 3-3 3M9 3 7 13",
  md: "M2 11V5l3 3 3-3v6M12 5v6M10 9l2 2 2-2",
  json: "M6 3c-3 0-1 4-3 5 2 1 0 5 3 5M10 3c3 0 1 4 3 5-2 1 0 5-3 5",
};

/** The icon of an artifact's kind. */
export const kindIcon = (kind: string): string => lookUp(KINDS, kind, PAGE);

const STAGE_KINDS: Record<string, string> = {
  agent: "M8 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 14a5 5 0 0 1 10 0",
  model: "M8 2l2 4 4 2-4 2-2 4-2-4-4-2 4-2Z",
  tool: "M13 3 9 7l-6 6M9 3v4h4",
  retrieval: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l4 4",
  reasoning: "M6 11a4 4 0 1 1 4 0v1H6ZM7 15h2",
};

/** The icon of a stage's kind. */
export const stageIcon = (kind: string): string => lookUp(STAGE_KINDS, kind, "M3 4h10v8H3Z");

/** The style of an element of the class `icon`, which shows this icon before its text. */
export const iconStyle = (d: string): string =>
  `--icon:url("data:image/svg+xml,<svg xmlns='${SVG}' viewBox='0 0 16 16' fill='none' stroke='red' stroke-width='1.5' stroke-linecap='round' stroke-linejoin='round'><path d='${d}'/></svg>")`;

export const Icon = ({ d }: { d: string }) => <i class="icon" style={iconStyle(d)} />;

/** A disc with a mark cut out of it. */
const disc = (mark: string) =>
  `M8 1.2a6.8 6.8 0 1 0 .1 0Z${mark}' fill='red' fill-rule='evenodd' stroke='none`;
const tick = () => disc("M4 8.4 7 11.4l5-5-1-1-4 4-2-2Z");
const MARKS: Record<string, () => string> = {
  running: () => ring("M8 6.2a1.8 1.8 0 1 0 .1 0M7.6 8h.8"),
  recovering: () => ring("M5 8a3 3 0 1 0 1-2M5 4v2h2"),
  completed: tick,
  recovered: tick,
  failed: () =>
    disc("M5.4 6.6 6.8 8 5.4 9.4l1.2 1.2L8 9.2l1.4 1.4 1.2-1.2L9.2 8l1.4-1.4-1.2-1.2L8 6.8 6.6 5.4Z"),
  cancelled: () => ring("M5 8h6"),
  waiting: () => ring("M8 5v4m0 2h0"),
  paused: () => ring("M6 5v6m4-6v6"),
};

/** The status of a stage or run as a disc: each has a mark besides its colour, cut out of the disc once it ended. */
export const markStyle = (status: string): string => iconStyle(lookUp(MARKS, status, ring)());

export const Mark = ({ status }: { status: string }) => (
  <i class={`mark icon ${status}`} style={markStyle(status)} />
);
