// The viewer, as the console sees it: what one can do with an artifact while there is a kernel to ask.

import type { ArtifactRow } from "../../kernel/wire";
import type { App } from "../../state/app";
import type { ArtifactText } from "../../state/artifact-text";
import type { Child, Ref } from "../../ui/dom";
import type { Shown } from "./artifacts";
import type { PreviewFrame, Stopped } from "./preview/frame";

/** The artifact on screen, and how it is shown without the viewer. */
export interface Subject {
  row: ArtifactRow;
  /** What has come of its newest version. */
  text: ArtifactText | undefined;
  growing: boolean;
  /** The page forbids previews. */
  broken: boolean;
  usual: Shown;
}

/** What works with the tabs. */
export interface Tabs {
  /** Which of them are drawn: of many, those around the one on screen. */
  of(tabs: readonly ArtifactRow[], row: ArtifactRow): readonly ArtifactRow[];
  /** The list of all of them, beside the strip of some. */
  Menu: () => Child;
  /** Goes on with what the worker writes. */
  Follow: () => Child;
  strip: Ref;
  onKeyDown(event: KeyboardEvent): void;
}

/** One console's. */
export interface Viewer {
  /** How the artifact is shown. */
  present(subject: Subject): Shown;
  tabs: Tabs;
  /** On the right of the toolbar. */
  Tools: (props: { row: ArtifactRow }) => Child;
  /** Under the toolbar: what is open of finding, versions and the difference. */
  Bars: (props: { row: ArtifactRow }) => Child;
  /** The frame has drawn. */
  drawn(preview: PreviewFrame): void;
  /** A link in the frame led to a place in the document itself. */
  within(link: string): void;
  /** Draws plain text as it comes. */
  source: Ref;
  /** The scripts of the page in the preview were stopped. */
  stopped(why: Stopped): void;
}

export interface ViewerPart {
  createViewer: (app: App) => Viewer;
  styles: string;
}
