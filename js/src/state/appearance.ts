// Theme and height: traits of the widget, the last choice in this browser, and the theme of the page around.

import type { Channel } from "../kernel/channel";
import { loadPreferences, savePreferences } from "./preferences";
import { type ThemeChoice, watchPageTheme } from "./theme";

export interface Appearance {
  readonly choice: ThemeChoice;
  readonly dark: boolean;
  /** The page lends its colours and shows the same theme. */
  readonly native: boolean;
  /** In pixels. */
  readonly height: number;
  setTheme(theme: ThemeChoice): void;
}

export function createAppearance(
  channel: Pick<Channel, "trait" | "set">,
  changed: () => void,
): Appearance & { dispose(): void } {
  const page = watchPageTheme(changed);
  let last = loadPreferences().theme;
  const choice = () => {
    const trait = channel.trait("theme") ?? "auto";
    return trait === "auto" ? last : trait;
  };
  const dark = () => (choice() === "auto" ? page.read().dark : choice() === "dark");
  return {
    get choice() {
      return choice();
    },
    get dark() {
      return dark();
    },
    get native() {
      const around = page.read();
      return around.native && around.dark === dark();
    },
    get height() {
      return channel.trait("height") ?? 640;
    },
    setTheme(theme) {
      last = theme;
      savePreferences({ theme });
      channel.set({ theme });
      changed();
    },
    dispose: page.dispose,
  };
}
