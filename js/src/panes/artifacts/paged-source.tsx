// The source of an artifact that is too long for the page: lines that come from the kernel as they come
// into view.

import type { ArtifactRow } from "../../kernel/wire";
import { isGrowing } from "../../state/selectors";
import type { Child } from "../../ui/dom";
import { createList, Rows } from "../../ui/list/list";
import { Button } from "../pane";
import type { Own } from "./state";

const LINE_PX = 18;
/** So many lines come at once, and so many are kept. */
const PAGE = 200;
const PAGES_MOST = 40;
/** A text that grew by this much has more lines than one knows of. */
const GROWTH = 1.1;

export interface PagedSource {
  Source: (props: { row: ArtifactRow; version: number | null }) => Child;
  /** Goes to the next line with what is to be found, or the one before. */
  find(way: 1 | -1): void;
}

/** A line cut where it matches, whatever the case: every second piece is a match. */
export function matchesOf(line: string, text: string): string[] {
  const low = line.toLowerCase();
  const wanted = text.toLowerCase();
  // A few letters have another length in the other case: then what is cut would not be what matched.
  if (!wanted || low.length !== line.length) return [line];
  const pieces: string[] = [];
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    pieces.push(line.slice(from, at), line.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return [...pieces, line.slice(from)];
}

export function createPagedSource(own: Own): PagedSource {
  const { app } = own;
  const list = createList(app, LINE_PX);
  let place = { file: "", version: null as number | null };
  let subject = "";
  let pages = new Map<number, string[]>();
  let asked = new Set<number>();
  let total = 0;
  /** How long the text was when its last lines were asked for. */
  let chars = 0;
  let problem = "";

  function ask(page: number): void {
    if (asked.has(page) || app.off) return;
    const asking = asked;
    asking.add(page);
    app
      .request("artifact.lines", { ...place, start: page * PAGE, count: PAGE })
      .then(({ result }) => {
        // Another text is on screen by now.
        if (asking !== asked) return;
        pages.delete(page);
        pages.set(page, result.rows);
        for (const old of pages.keys()) {
          if (pages.size <= PAGES_MOST) break;
          pages.delete(old);
          asked.delete(old);
        }
        total = result.total;
        problem = "";
      })
      .catch((reason: Error) => {
        if (asking === asked) problem = reason.message;
      })
      .then(() => app.changed());
  }

  /** What the lines are of; another one starts with none. */
  function settle(row: ArtifactRow, version: number | null): void {
    place = { file: row.file, version };
    const next = [app.state.run?.run_id, row.file, version ?? row.version].join("\n");
    if (next !== subject) {
      pages = new Map();
      asked = new Set();
      total = 0;
      problem = "";
      list.stand(0);
      ask(0);
    } else if (row.chars > chars * (isGrowing(app.state.run, row) ? GROWTH : 1)) {
      // The last line there was may have gone on.
      const last = Math.max(0, Math.ceil(total / PAGE) - 1);
      asked.delete(last);
      ask(last);
    } else return;
    chars = row.chars;
    subject = next;
  }

  const lineOf = (index: number): string | undefined => pages.get(Math.floor(index / PAGE))?.[index % PAGE];

  function Line({ index }: { index: number }): Child {
    const line = lineOf(index);
    const pieces = matchesOf(line ?? "", own.find?.text ?? "");
    return (
      <div
        key={index}
        class={`line ${line === undefined ? "blank" : ""} ${own.find?.line === index ? "on" : ""}`}
      >
        {pieces.map((piece, at) => (at % 2 ? <mark>{piece}</mark> : piece))}
      </div>
    );
  }

  return {
    Source({ row, version }) {
      settle(row, version);
      const rows = (
        <Rows
          key="paged"
          list={list}
          total={total}
          class={`paged grow ${own.wrap ? "" : "nowrap"}`}
          role="group"
          tabIndex={0}
          aria-label={`Source of ${row.file}`}
          row={(index) => Line({ index })}
        />
      );
      for (let page = Math.floor(list.first / PAGE); page * PAGE < list.end; page += 1) ask(page);
      return (
        <>
          {rows}
          {!total && !problem && <p class="empty over">Waiting for its lines …</p>}
          {problem && (
            <p class="note row small" role="alert">
              <span class="grow">{problem}</span>
              <Button
                text="Try again"
                tip="Ask for the lines again"
                onclick={() => {
                  asked.clear();
                  problem = "";
                  app.changed();
                }}
              />
            </p>
          )}
        </>
      );
    },
    async find(way) {
      const { find } = own;
      if (!find?.text) return;
      const { text } = find;
      const from = find.line ?? Math.floor(list.top) - 1;
      await app.attempt("artifact.find", async () => {
        const { result } = await app.request("artifact.find", { ...place, text, from, way });
        if (own.find?.text !== text) return;
        own.set({ find: { text, ...result } });
        if (result.line !== null) list.show(result.line);
      });
      // More was typed since.
      if (own.find && own.find.text !== text) this.find(way);
    },
  };
}
