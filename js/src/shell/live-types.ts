import type { Child } from "../ui/dom";
import type { Status } from "./run-status";

/** What `live.js` adds around the panes. */
export interface ShellLive {
  /** Worker, task, brand, and the button for the next step. */
  Form: () => Child;
  /** Run again and verify, history, export and theme. */
  Menus: () => Child;
  /** The home page. */
  Home: () => Child;
  /** The status of the connection and of the run. */
  status(): Status;
  /** The reason of the status; a click shows its full text. */
  Reason: (props: { tone: string; text: string }) => Child;
  /** The request of the run on screen. */
  Request: () => Child;
  /** Under the header: the time axis, and what the run asks the person. */
  Below: () => Child;
  /** The way from the verdict to its place: the incident with its log lines, and the brand. */
  Place: () => Child;
  /** In the banner: looks for the worker again. */
  Retry: () => Child;
  /** The bars that resize the panes. */
  Splitters: () => Child;
}
