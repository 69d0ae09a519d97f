// Icons of the live code of this pane; see ui/icons.tsx.

export const FIND = "M7 3a4 4 0 1 0 0 8a4 4 0 0 0 0-8M10 10l4 4";
export const WRAP = "M2 4h12M2 8h9a2 2 0 0 1 0 4H7M9 10l-2 2 2 2M2 12h2";
export const MARKS = "M2 4h5M9 4h5M2 8h9M13 8h1M2 12h3M7 12h7";
export const COMPARE = "M2 3h4v10H2ZM10 3h4v10h-4ZM8 1v14";
export const MOBILE = "M5 2h6v12H5ZM7.5 12h1";
export const TABLET = "M3 2h10v12H3ZM7 12h2";
export const FULL = "M1 3h14v8H1ZM5 14h6M8 11v3";
export const SCRIPTS = "M5 4 2 8l3 4M11 4l3 4-3 4M8 5v3M8 11v.1";
export const MORE = "M3 8h.1M8 8h.1M13 8h.1";
export const UP = "M4 10l4-4 4 4";
