// The artifact on screen, and the texts that have been received.

import type { Artifact, ConsoleState, SubscriberNews } from "../kernel/wire";
import { applyText, type ReceivedText } from "./artifact-text";
import { isOver, ofStage, shownArtifact } from "./selectors";
import type { View } from "./view";

const MAX_TEXTS = 12;

export interface ArtifactStore {
  readonly shown: Artifact | null;
  /** What has been received of a file's text. */
  text(file: string): ReceivedText | undefined;
}

export interface ArtifactFeed extends ArtifactStore {
  /** Takes a piece of text. `false` where a piece before it is missing. */
  receive(update: NonNullable<SubscriberNews["artifact"]>): boolean;
  /** An earlier moment is shown: keeps the texts that were written then. */
  rewind(artifacts: readonly Artifact[]): void;
  /** Another run is on screen. */
  reset(): void;
}

export function createArtifacts(view: View, state: () => ConsoleState): ArtifactFeed {
  const texts = new Map<string, ReceivedText>();
  return {
    get shown() {
      const { artifacts, run, stages } = state();
      return shownArtifact(ofStage(artifacts, view.stage, stages), view.picked, run !== null && isOver(run));
    },
    text: (file) => texts.get(file),
    receive(update) {
      const text = applyText(texts.get(update.file), update);
      if (!text) return false;
      texts.delete(text.file);
      texts.set(text.file, text);
      for (const file of texts.keys()) if (texts.size > MAX_TEXTS) texts.delete(file);
      return true;
    },
    rewind(artifacts) {
      for (const [name, text] of texts)
        if (
          !artifacts.some(
            (row) => row.file === name && row.version === text.version && row.chars >= text.chars,
          )
        )
          texts.delete(name);
    },
    reset: () => texts.clear(),
  };
}
