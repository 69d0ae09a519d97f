// The versions of an artifact that was begun anew: an older one on screen, or what changed since.

import type { ArtifactRow } from "../../kernel/wire";
import type { Child } from "../../ui/dom";
import { CHECK, Icon } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import { Button } from "../pane";
import { COMPARE } from "./icons";
import type { Own } from "./state";

/** The versions of an artifact, the newest first. */
const versionsOf = ({ version }: ArtifactRow): number[] =>
  Array.from({ length: version }, (_, n) => version - n);

/** Shows what changed from an older version to the newer one. */
function compareVersions(own: Own, { file }: ArtifactRow, one: number, other: number): void {
  const [older, newer] = [Math.min(one, other), Math.max(one, other)];
  own.set({ change: 1, changes: null });
  own.app.set({
    picked: file,
    panel: "",
    comparison: {
      a: { run_id: null, file, version: older },
      b: { run_id: null, file, version: newer },
      name: `Version ${older} and version ${newer}`,
    },
  });
}

export function createVersionMenu(own: Own): (props: { row: ArtifactRow }) => Child {
  const { app } = own;
  return ({ row }) => {
    const { file, version } = row;
    if (version < 2) return null;
    const here = own.version ?? version;
    return (
      <Popover
        app={app}
        id="versions"
        role="menu"
        label="Versions"
        text={<span class="num small">{`v${here} of ${version}`}</span>}
        tip={`Version ${here} of ${version}: it was begun anew`}
      >
        {() => (
          <>
            {versionsOf(row).map((item) => (
              <button
                role="menuitemradio"
                class="option row"
                aria-checked={item === here}
                onclick={() => {
                  app.set({ picked: file, panel: "", comparison: null });
                  own.set({ version: item === version ? null : item, find: null });
                }}
              >
                <span class="grow">
                  Version {item} {item === version && <span class="dim">the newest</span>}
                </span>
                {item === here && <Icon d={CHECK} />}
              </button>
            ))}
            {versionsOf(row)
              .filter((item) => item !== here)
              .map((item) => (
                <button
                  role="menuitem"
                  class="option row"
                  onclick={() => compareVersions(own, row, item, here)}
                >
                  <Icon d={COMPARE} />
                  <span class="grow">Difference with version {item}</span>
                </button>
              ))}
          </>
        )}
      </Popover>
    );
  };
}

/** Says that this is not the newest version. */
export function VersionBar({ own, row }: { own: Own; row: ArtifactRow }) {
  const { app, version } = own;
  if (version === null || app.view.comparison) return null;
  return (
    <div key="version" class="bar row small sub">
      <span class="grow cut" role="status">
        Version {version} of {row.version}
      </span>
      <Button
        text="Difference"
        tip={`What changed from version ${version} to the newest`}
        onclick={() => compareVersions(own, row, version, row.version)}
      />
      <Button
        text="Newest"
        tip="Show the newest version"
        onclick={() => own.set({ version: null, find: null })}
      />
    </div>
  );
}
