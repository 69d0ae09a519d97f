import type { Child } from "../ui/dom";
import type { Findings } from "./brand/findings";
import type { NewestRuns } from "./history/newest";
import type { PageNavigation } from "./home/navigation";

/** What `pages.js` adds around the panes. */
export interface ShellPages {
  /** The home page; `keys` is the button of the sheet of keys. */
  Home: (props: { keys: Child }) => Child;
  /** Compares two runs in the dialog of the run history. */
  compare(a: string, b: string): Promise<void>;
  /** The dialog of the run history. */
  History: () => Child;
  /** The dialog of the brand. */
  Brand: () => Child;
  /** The dialog of the options. */
  Options: () => Child;
  /** What the run asks the person. */
  Question: () => Child;
}

/** What the header and these pages have in common. */
export interface ShellParts {
  findings: Findings;
  runs: NewestRuns;
  navigation: PageNavigation;
  /** Opens the search of the log on screen with a text, and goes to its first match. */
  searchLog: (text: string) => void;
}
