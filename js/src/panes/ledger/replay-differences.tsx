import type { Incident } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Button } from "../../ui/button";

/** Under the verdict of a replay: each artifact that differs, with the way to its difference. */
export const createReplayDifferences =
  ({ run, view, connection }: Uses<"run" | "view" | "connection">) =>
  ({ kind }: Partial<Pick<Incident, "kind">>) => {
    const original = run.state.run?.replay_of;
    const artifacts = run.state.run?.verified?.artifacts ?? [];
    const different = artifacts.filter(({ expected, actual }) => expected !== actual);
    if (kind !== "replay" || !original || different.length === 0) return null;
    return (
      <div role="list" aria-label="Artifacts that differ">
        {different.map(({ name: file, expected, actual }) => (
          <div class="event small" role="listitem">
            <span class="time" />
            <b class="grow cut">{file}</b>
            {expected && actual ? (
              <Button
                class="link"
                text="Show the difference"
                tip={`${file} of the original run beside that of this run`}
                off={connection.off}
                onclick={() => {
                  const a = { run_id: original, file, version: null };
                  const b = { run_id: null, file, version: null };
                  const name = "The original run, and this run";
                  view.set({ picked: file, stage: null, comparison: { a, b, name } });
                }}
              />
            ) : (
              <span class="dim">{expected ? "only in the original run" : "only in this run"}</span>
            )}
          </div>
        ))}
      </div>
    );
  };
