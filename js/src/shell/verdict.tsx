// Under the header: why the run failed, and what a reader of its result must know.

import type { Uses } from "../state/app";
import { plural } from "../ui/format";
import { Icon, WARNING } from "../ui/icons";
import type { ShellLive } from "./live-types";

/** The reason of a failure. */
export function FailureReason({ app, live }: { app: Uses<"run">; live: ShellLive | undefined }) {
  const { verdict } = app.run.state.run ?? {};
  if (verdict?.tone !== "error" || !verdict.reason) return null;
  return (
    <div class="strip row error" role="status">
      <Icon d={WARNING} />
      <span class="grow reading">{verdict.reason}</span>
      {live?.Place()}
    </div>
  );
}

/** The warnings about the result: the first, and the others and the reasons folded. */
export function Warnings({ app }: { app: Uses<"run"> }) {
  const { warnings, understanding } = app.run.state;
  const [first, ...others] = warnings;
  if (!first) return null;
  const why = first.code === "task_not_understood" ? (understanding?.reasons ?? []) : [];
  const more = [...why, ...others.map(({ message }) => message)];
  return (
    <div class="strip row warning" role="status">
      <Icon d={WARNING} />
      <div class="grow reading">
        {first.message}
        {more.length > 0 && (
          <details>
            <summary>
              {[why.length && "Why", others.length && plural(others.length, "more warning")]
                .filter(Boolean)
                .join(", and ")}
            </summary>
            <ul>
              {more.map((text) => (
                <li>{text}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </div>
  );
}
