// The keys of the console, by place: keys with a blank between two, and what they do. The sheet of keys shows this
// table. Handlers with a table of their own take its type from here; test/keys.test.ts compares all handlers.

const MOVES = "↑ ↓ PgUp PgDn Home End";

export const KEYS = {
  Console: {
    "?": "These keys",
    Esc: "Close what was opened last",
    "Ctrl+S": "Save the notebook",
  },
  "Task, questions": {
    Enter: "Run the task; with Shift, a new line",
    "Ctrl+Enter": "Send the answer",
  },
  "Time axis": {
    "← →": "Another event",
    "Shift+← Shift+→": "Another of its kind",
    "PgUp PgDn": "Another problem",
    "Home End": "The start, the newest moment",
    Space: "Play and pause",
  },
  "Range of time": {
    "I O": "It starts here, it ends here",
    "← →": "Move its start or end; with Shift, far",
    "Home End": "The moment at its start, at its end",
  },
  Timeline: {
    [MOVES]: "Another stage",
    "A–Z": "The stage of this name",
    "← →": "Close or open a stage",
    "Enter Space": "Filter the panes to the stage",
  },
  Log: {
    [MOVES]: "Another line; with Shift, all up to it",
    "/ Ctrl+F": "Search",
    F3: "Next match; with Shift, the previous",
    E: "Next error; with Shift, the previous",
    G: "Go to a time or line",
    Enter: "Show hidden lines around it",
    "Ctrl+A": "Choose all lines",
    "Ctrl+C": "Copy the lines",
  },
  Search: {
    Enter: "Next match; with Shift, the previous",
    Esc: "Clear it, close it",
  },
  "Menus, lists": {
    [MOVES]: "Another item",
    "A–Z": "The item of this name",
    Enter: "Choose it",
  },
  Artifacts: {
    "← → Home End": "Another artifact",
  },
  History: {
    "↑ ↓": "The same button of another run",
    Enter: "Save tags and note",
  },
  "Bars between panes": {
    "← → ↑ ↓ Home End": "Move the bar",
    Enter: "Reset it",
  },
};

/** Keys that `KeyboardEvent.key` names otherwise. */
interface Written {
  "↑": "ArrowUp";
  "↓": "ArrowDown";
  "←": "ArrowLeft";
  "→": "ArrowRight";
  PgUp: "PageUp";
  PgDn: "PageDown";
  Esc: "Escape";
  Space: " ";
}

type Named<Keys> = Keys extends `${infer First} ${infer Rest}`
  ? Named<First> | Named<Rest>
  : Keys extends `${infer Modifier}+${infer Key}`
    ? `${Modifier}+${Named<Key>}`
    : Keys extends keyof Written
      ? Written[Keys]
      : Keys extends "A" | "C" | "E" | "F" | "G"
        ? Lowercase<Keys>
        : Keys;

/** The keys of a place, as handlers name them: letters in lower case. */
export type KeysOf<Place extends keyof typeof KEYS> = Named<keyof (typeof KEYS)[Place]>;
