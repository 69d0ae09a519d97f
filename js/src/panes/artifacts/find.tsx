// Finding text in the source: in a rendered document, whose matches the kernel has marked, or in a paged source.

import type { Artifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Button } from "../../ui/button";
import { Failure } from "../../ui/failure";
import { takeFocus } from "../../ui/focus";
import { count } from "../../ui/format";
import { CROSS, DOWN } from "../../ui/icons";
import { UP } from "./icons";
import type { PagedSource } from "./paged-source";
import type { ArtifactState } from "./state";

/** The next of `of` matches in a direction, both from 1; after the last comes the first. */
export const nextMatch = (nth: number, of: number, direction: 1 | -1): number =>
  ((nth - 1 + direction + of) % of) + 1;

interface FindBarProps {
  app: Uses<"view" | "operations">;
  state: ArtifactState;
  row: Artifact;
  /** The source, if it is paged. */
  paged: PagedSource | false | undefined;
}

export function FindBar({ app, state, row, paged }: FindBarProps) {
  const { find } = state;
  if (!find || !app.view.source || app.view.comparison) return null;
  const { text, nth, of } = find;

  const step = (direction: 1 | -1) => {
    const current = state.find ?? find;
    if (paged) paged.find(direction);
    else if (current.of)
      state.set({ find: { ...current, nth: nextMatch(current.nth, current.of, direction) } });
  };
  const close = () => state.set({ find: null });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else if (event.key !== "Escape") return;
    else {
      event.stopPropagation();
      close();
    }
    event.preventDefault();
  };
  const off = of ? "" : "No match";
  return (
    <div key="find" class="bar row small sub" role="search" ref={takeFocus}>
      <input
        class="field grow"
        aria-label={`Find in ${row.file}`}
        placeholder="Find in source"
        value={text}
        oninput={({ currentTarget: { value } }) => {
          state.set({ find: { text: value, nth: 1, of: null, line: null } });
          if (paged) paged.find(1);
        }}
        onkeydown={onKeyDown}
      />
      <span class="num dim" role="status">
        {text && of !== null && (of ? `${count(nth)} of ${count(of)}${paged ? " lines" : ""}` : "no match")}
      </span>
      <Button icon={UP} tip="Previous (Shift+Enter)" off={off} onclick={() => step(-1)} />
      <Button icon={DOWN} tip="Next (Enter)" off={off} onclick={() => step(1)} />
      <Button icon={CROSS} tip="Close (Esc)" onclick={close} />
      <Failure failures={app.operations} at="artifact.find" />
    </div>
  );
}
