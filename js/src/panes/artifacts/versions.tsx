// The versions of an artifact that was started again: an older version on screen, and differences.

import type { Artifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { CHECK, Icon } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import { COMPARE } from "./icons";
import type { ArtifactState } from "./state";

/** The versions of an artifact, the newest first. */
const versionsOf = ({ version }: Artifact): number[] =>
  Array.from({ length: version }, (_, i) => version - i);

/** Shows the difference from the older to the newer version. */
function compareVersions(
  { view }: Uses<"view">,
  state: ArtifactState,
  { file }: Artifact,
  a: number,
  b: number,
): void {
  const [older, newer] = [Math.min(a, b), Math.max(a, b)];
  state.set({ change: 1, changes: null });
  view.set({
    picked: file,
    panel: "",
    comparison: {
      a: { run_id: null, file, version: older },
      b: { run_id: null, file, version: newer },
      name: `Version ${older} and version ${newer}`,
    },
  });
}

export function VersionMenu({
  app,
  state,
  row,
}: {
  app: Uses<"view">;
  state: ArtifactState;
  row: Artifact;
}): Child {
  const { file, version } = row;
  if (version < 2) return null;
  const shown = state.version ?? version;
  return (
    <Popover
      panels={app.view}
      id="versions"
      role="menu"
      label="Versions"
      text={<span class="num small">{`v${shown} of ${version}`}</span>}
      tip={`Version ${shown} of ${version}: the artifact was started again`}
    >
      {() => (
        <>
          {versionsOf(row).map((item) => (
            <button
              role="menuitemradio"
              class="option row"
              aria-checked={item === shown}
              onclick={() => {
                app.view.set({ picked: file, panel: "", comparison: null });
                state.set({ version: item === version ? null : item, find: null });
              }}
            >
              <span class="grow">
                Version {item} {item === version && <span class="dim">the newest</span>}
              </span>
              {item === shown && <Icon d={CHECK} />}
            </button>
          ))}
          {versionsOf(row)
            .filter((item) => item !== shown)
            .map((item) => (
              <button
                role="menuitem"
                class="option row"
                onclick={() => compareVersions(app, state, row, item, shown)}
              >
                <Icon d={COMPARE} />
                <span class="grow">Difference with version {item}</span>
              </button>
            ))}
        </>
      )}
    </Popover>
  );
}

/** Names the older version on screen. */
export function VersionBar({ app, state, row }: { app: Uses<"view">; state: ArtifactState; row: Artifact }) {
  const { version } = state;
  if (version === null || app.view.comparison) return null;
  return (
    <div key="version" class="bar row small sub">
      <span class="grow cut" role="status">
        Version {version} of {row.version}
      </span>
      <Button
        text="Difference"
        tip={`Show the difference from version ${version} to the newest`}
        onclick={() => compareVersions(app, state, row, version, row.version)}
      />
      <Button
        text="Newest"
        tip="Show the newest version"
        onclick={() => state.set({ version: null, find: null })}
      />
    </div>
  );
}
