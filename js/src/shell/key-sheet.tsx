// The sheet of keys, and below it what happens when a long run ends.

import type { Uses } from "../state/app";
import { KEYS } from "../state/keys";
import { Button } from "../ui/button";
import type { Ref } from "../ui/dom";
import { CROSS } from "../ui/icons";
import { playSound } from "./announce";

/**
 * Takes the focus, so that the arrow keys scroll, and returns it to where the person was. In a high console both can be
 * out of view.
 */
const focusSheet: Ref = (sheet) => {
  const root = sheet.getRootNode() as ShadowRoot;
  const before = root.activeElement as HTMLElement | null;
  sheet.focus({ preventScroll: true });
  sheet.parentElement?.scrollIntoView({ block: "nearest" });
  return () => {
    const { activeElement } = root;
    if (!activeElement || activeElement.closest("[data-pop=keys]")) before?.focus();
  };
};

export function KeySheet({ app }: { app: Uses<"view" | "appearance"> }) {
  const { view } = app;
  return (
    <>
      <header class="bar row">
        <h3 class="grow">Keys</h3>
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
      </header>
      <div
        class="scroll places"
        style={`max-height:${Math.min(520, app.appearance.height - 204)}px`}
        tabIndex={0}
        role="group"
        aria-label="Keys by place"
        ref={focusSheet}
      >
        <div>
          {Object.entries(KEYS).map(([place, keys]) => (
            <section>
              <h3>{place}</h3>
              {Object.entries(keys).map(([names, does]) => (
                <p class="row">
                  <span class="names">
                    {names.split(" ").map((name) => (
                      <kbd>{name}</kbd>
                    ))}
                  </span>
                  <span class="grow">{does}</span>
                </p>
              ))}
            </section>
          ))}
        </div>
      </div>
      <EndNotices view={view} />
    </>
  );
}

function EndNotices({ view }: Uses<"view">) {
  // Not there in a page without a secure address.
  const allowed = globalThis.Notification?.permission ?? "denied";
  const refused = allowed === "denied" && "The browser allows this page no notices";
  return (
    <div class="row ends" role="group" aria-label="When a long run ends">
      <b>When a long run ends out of sight:</b>
      <label class="row">
        <input
          type="checkbox"
          checked={view.endSound}
          onchange={({ currentTarget: { checked } }) => {
            view.set({ endSound: checked });
            if (checked) playSound();
          }}
        />
        sound
      </label>
      <label class="row" title={refused || ""}>
        <input
          type="checkbox"
          checked={view.endNotice && !refused}
          disabled={!!refused}
          onchange={async ({ currentTarget: { checked } }) =>
            view.set({ endNotice: checked && (await Notification.requestPermission()) === "granted" })
          }
        />
        desktop notice
      </label>
    </div>
  );
}
