// Icons of the live code of this pane; see ui/icons.tsx.

export const SEARCH = "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.5 10.5 14 14";
export const FUNNEL = "M2 3h12L9.5 8.5V13l-3-1.5v-3Z";
export const GOTO = "M2 8h8M7 5l3 3-3 3M13 3v10";
export const ERROR_NEXT = "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 5v4M8 11.5v.1";
export const UP = "M4 10l4-4 4 4";
export const CASE = "M1.5 12 5 4l3.5 8M2.7 9.5h4.6M14 7v5M14 9.5a2.2 2.2 0 1 0-4.4 0 2.2 2.2 0 0 0 4.4 0";
export const REGEX = "M3.5 12v.1M10 3.5v7M7 5.2l6 3.6M13 5.2l-6 3.6";
export const ONLY = "M2 4h12M4.5 8h7M7 12h2";
