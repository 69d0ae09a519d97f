// Icons of the history; see ui/icons.tsx.

export const STAR = "M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5Z";
export const TAG = "M3 3h5l6 6-5 5-6-6ZM6 6v.1";
export const TRASH = "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M7 7v4M9 7v4";
