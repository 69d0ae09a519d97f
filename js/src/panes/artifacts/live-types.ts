// The artifacts pane as `live.js` extends it, and how an artifact is presented.

import type { Artifact } from "../../kernel/wire";
import type { ReceivedText } from "../../state/artifact-text";
import type { Child, Ref } from "../../ui/dom";
import type { Drawing, PreviewFrame, StopReason } from "./preview/frame";

/** How an artifact is shown: in the sandboxed frame, as plain text, as elements, or as a message only. */
export interface Presentation {
  drawing?: Drawing | undefined;
  plain?: ReceivedText | undefined;
  body?: Child;
  message?: string | undefined;
  /** Under the artifact. */
  note?: Child;
  /** Classes and style of the frame or the text. */
  class?: string | undefined;
  style?: string | undefined;
}

/** The artifact on screen, and how a saved notebook presents it. */
export interface Subject {
  row: Artifact;
  /** What has been received of its newest version. */
  text: ReceivedText | undefined;
  growing: boolean;
  /** The page around forbids scripts in its frames. */
  blocked: boolean;
  saved: Presentation;
}

export interface Tabs {
  /** The tabs that are drawn: of many, those around the tab on screen. */
  drawn(tabs: readonly Artifact[], row: Artifact): readonly Artifact[];
  /** The list of all tabs. */
  Menu: () => Child;
  /** Returns to the artifact that is being written. */
  Follow: () => Child;
  strip: Ref<HTMLDivElement>;
  onKeyDown(event: KeyboardEvent): void;
}

/** What `live.js` adds to the artifacts pane. */
export interface ArtifactsLive {
  present(subject: Subject): Presentation;
  tabs: Tabs;
  /** At the right of the toolbar. */
  Tools: (props: { row: Artifact }) => Child;
  /** Under the toolbar: progress, version, difference, find bar, running scripts. */
  Bars: (props: { row: Artifact }) => Child;
  /** The frame was drawn. */
  onDrawn(preview: PreviewFrame): void;
  /** A link to a place in the same document was followed. */
  onInnerLink(link: string): void;
  /** The scripts of the page in the preview were stopped. */
  onStopped(reason: StopReason): void;
  /** Appends plain text as it is received. */
  source: Ref<HTMLPreElement>;
}
