// Finding in the source: in a document, whose matches the kernel has marked, or in the lines of a paged one.

import type { ArtifactRow } from "../../kernel/wire";
import { count } from "../../ui/format";
import { CROSS, DOWN } from "../../ui/icons";
import { Button, Failure } from "../pane";
import { takeFocus } from "./focus";
import { UP } from "./icons";
import type { PagedSource } from "./paged-source";
import type { Own } from "./state";

/** Where one stands after a step among so many, round at the ends; both from 1. */
export const stepOf = (nth: number, of: number, way: 1 | -1): number => ((nth - 1 + way + of) % of) + 1;

interface FindBarProps {
  own: Own;
  row: ArtifactRow;
  /** The source, where it is paged. */
  paged: PagedSource | null;
}

export function FindBar({ own, row, paged }: FindBarProps) {
  const { app, find } = own;
  if (!find || !app.view.source || app.view.comparison) return null;
  const { text, nth, of } = find;

  const step = (way: 1 | -1) => {
    const here = own.find ?? find;
    if (paged) paged.find(way);
    else if (here.of) own.set({ find: { ...here, nth: stepOf(here.nth, here.of, way) } });
  };
  const close = () => own.set({ find: null });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else if (event.key !== "Escape") return;
    else {
      event.stopPropagation();
      close();
    }
    event.preventDefault();
  };
  const off = of ? "" : "Nothing is found";
  return (
    <div key="find" class="bar row small sub" role="search" ref={takeFocus}>
      <input
        class="field grow"
        aria-label={`Find in ${row.file}`}
        placeholder="Find in source"
        value={text}
        oninput={({ currentTarget: { value } }) => {
          own.set({ find: { text: value, nth: 1, of: null, line: null } });
          paged?.find(1);
        }}
        onkeydown={onKeyDown}
      />
      <span class="num dim" role="status">
        {text && of !== null && (of ? `${count(nth)} of ${count(of)}${paged ? " lines" : ""}` : "no match")}
      </span>
      <Button icon={UP} tip="Previous (Shift+Enter)" off={off} onclick={() => step(-1)} />
      <Button icon={DOWN} tip="Next (Enter)" off={off} onclick={() => step(1)} />
      <Button icon={CROSS} tip="Close (Esc)" onclick={close} />
      <Failure app={app} at="artifact.find" />
    </div>
  );
}
