import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { KEYS } from "../src/state/keys";

/** The modules that handle the keys of each place. A new one belongs here, and its keys into `KEYS`. */
const HANDLERS: Record<keyof typeof KEYS, string[]> = {
  Console: [
    "shell/keys.ts",
    "shell/mounting.tsx",
    "panes/artifacts/artifacts.tsx",
    "panes/artifacts/preview/frame-document.ts",
  ],
  "Task, questions": ["shell/form.tsx", "shell/waiting/strip.tsx"],
  "Time axis": ["shell/travel/keys.ts", "shell/travel/travel.tsx"],
  "Range of time": ["shell/travel/range-keys.ts", "shell/travel/ranges.tsx"],
  Timeline: ["panes/timeline/keys.ts", "panes/timeline/live.tsx"],
  Log: ["panes/log/keys.ts", "panes/log/live.tsx"],
  Search: [
    "panes/log/search-bar.tsx",
    "panes/log/tools.tsx",
    "panes/artifacts/find.tsx",
    "shell/history/filters.tsx",
  ],
  "Menus, lists": ["ui/popover.tsx", "panes/artifacts/picker.tsx"],
  Artifacts: ["panes/artifacts/tabs.tsx"],
  History: ["shell/history/keys.ts", "shell/history/run-list.tsx", "shell/history/run-notes.tsx"],
  "Bars between panes": ["shell/splitters.tsx"],
};

/** Modules that listen to keys of all kinds, and handle none. */
const LISTENERS = [
  "panes/artifacts/preview/script-supervisor.ts",
  "shell/home/home.tsx",
  "shell/waiting/focus.ts",
];

/** Keys that a field of a place has in common with the whole console or with another place. */
const ALSO: Partial<Record<keyof typeof KEYS, string[]>> = { Search: ["F3"], History: ["Escape"] };

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const source = (file: string) => readFileSync(SRC + file, "utf8");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));

const WRITTEN: Record<string, string> = {
  "↑": "ArrowUp",
  "↓": "ArrowDown",
  "←": "ArrowLeft",
  "→": "ArrowRight",
  PgUp: "PageUp",
  PgDn: "PageDown",
  Esc: "Escape",
  Space: " ",
};

/** The keys of a place as `KeyboardEvent.key` names them, without Ctrl and Shift; letters in lower case. */
const shown = (place: keyof typeof KEYS): string[] =>
  Object.keys(KEYS[place])
    .flatMap((names) => names.split(" "))
    .map((name) => name.replace(/^(Ctrl|Shift)\+/, ""))
    .map((name) => WRITTEN[name] ?? (/^[A-Z]$/.test(name) ? name.toLowerCase() : name));

const NAMED =
  "Arrow(?:Up|Down|Left|Right)|Page(?:Up|Down)|Home|End|Enter|Escape|Tab|Delete|Backspace|F\\d\\d?";

/** The keys that a text compares with, has as a case, or has in a table. */
function handled(text: string): string[] {
  const compared = text.matchAll(new RegExp(`(?:[!=]== |case )"(${NAMED}|[a-z?/ ])"`, "g"));
  const arrows = text.matchAll(/"(Arrow(?:Up|Down|Left|Right))"/g);
  const members = text.matchAll(new RegExp(`(?:^ *|[{,] )"?(?:Shift\\+)?(${NAMED}|(?<=") )"?: `, "gm"));
  const letters = text.matchAll(/(?:^ *|[{,] )"?(?:Ctrl\+)?([a-z/])"?: \(\) =>/gm);
  const names = [...compared, ...arrows, ...members, ...letters].map(([, name]) => name as string);
  return /\bkey\.length [!=]== 1/.test(text) ? [...names, "A–Z"] : names;
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

describe("the sheet of keys", () => {
  it("finds the keys in a handler's code", () => {
    const text =
      'if (key === "Enter" || event.key === " ") x; ({ "Ctrl+f": () => a, e: () => b, Home: 0 }); key.length === 1';
    expect(sorted(handled(text))).toEqual([" ", "A–Z", "Enter", "Home", "e", "f"]);
  });

  it("knows every module that handles keys", () => {
    const found = files.filter((file) =>
      /\bonkeydown[=(:]|"keydown"|KeyboardEvent\b.*\bkey\b/.test(source(file)),
    );
    const known = [...Object.values(HANDLERS).flat(), ...LISTENERS, "state/keys.ts"];
    expect(found.filter((file) => !known.includes(file))).toEqual([]);
  });

  it.each(Object.keys(HANDLERS) as (keyof typeof KEYS)[])("has every key of %s, and no other", (place) => {
    const keys = HANDLERS[place].flatMap((file) => handled(source(file)));
    const also = ALSO[place] ?? [];
    expect(sorted(keys.filter((key) => !also.includes(key)))).toEqual(sorted(shown(place)));
  });
});
