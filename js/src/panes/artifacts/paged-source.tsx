// The source of an artifact that is too long to be loaded: its lines are requested as they come into view.

import type { Artifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isGrowing, isStill } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { Rows } from "../../ui/list/list";
import { createVirtualList } from "../../ui/list/virtual";
import type { ArtifactState } from "./state";

const LINE_PX = 18;
const PAGE_LINES = 200;
const MAX_PAGES = 40;
/** A text that grew by this factor has lines that are not known yet. */
const GROWTH = 1.1;

export interface PagedSource {
  Source: (props: { row: Artifact; version: number | null }) => Child;
  /** Goes to the next matching line. */
  find(direction: 1 | -1): void;
}

/** Splits a line at its matches, ignoring case: every second piece is a match. */
export function splitAtMatches(line: string, text: string): string[] {
  const low = line.toLowerCase();
  const wanted = text.toLowerCase();
  // A few letters change their length with their case: the pieces would not be the matches.
  if (!wanted || low.length !== line.length) return [line];
  const pieces: string[] = [];
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    pieces.push(line.slice(from, at), line.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return [...pieces, line.slice(from)];
}

export type CreatePagedSource = (
  app: Uses<"run" | "operations" | "painting" | "connection">,
  state: ArtifactState,
) => PagedSource;

export const createPagedSource: CreatePagedSource = (app, state) => {
  const { operations, painting } = app;
  const list = createVirtualList(painting, LINE_PX);
  let source = { file: "", version: null as number | null };
  let subject = "";
  let pages = new Map<number, string[]>();
  let requested = new Set<number>();
  let total = 0;
  /** The length of the text when its last lines were requested. */
  let chars = 0;
  let problem = "";

  function fetchPage(page: number): void {
    if (requested.has(page) || app.connection.off) return;
    const generation = requested;
    requested.add(page);
    operations
      .request("artifact.lines", { ...source, start: page * PAGE_LINES, count: PAGE_LINES })
      .then(({ result }) => {
        // Another source may be on screen by now.
        if (generation !== requested) return;
        pages.delete(page);
        pages.set(page, result.rows);
        for (const old of pages.keys()) {
          if (pages.size <= MAX_PAGES) break;
          pages.delete(old);
          requested.delete(old);
        }
        total = result.total;
        problem = "";
      })
      .catch((reason: Error) => {
        if (generation === requested) problem = reason.message;
      })
      .then(() => painting.changed());
  }

  /** Starts anew with another source, and requests the lines that were added. */
  function enter(row: Artifact, version: number | null): void {
    source = { file: row.file, version };
    const { run } = app.run.state;
    const next = [run?.run_id, row.file, version ?? row.version].join("\n");
    if (next !== subject) {
      pages = new Map();
      requested = new Set();
      total = 0;
      problem = "";
      list.moveTo(0);
      fetchPage(0);
    } else if (row.chars < chars) {
      // An earlier moment is shown: the lines stay until those of the moment are received.
      requested = new Set();
    } else if (row.chars > chars * (isGrowing(run, row) && !isStill(app.run.state) ? GROWTH : 1)) {
      // The last line may have grown.
      const last = Math.max(0, Math.ceil(total / PAGE_LINES) - 1);
      requested.delete(last);
      fetchPage(last);
    } else return;
    chars = row.chars;
    subject = next;
  }

  const lineAt = (index: number): string | undefined =>
    pages.get(Math.floor(index / PAGE_LINES))?.[index % PAGE_LINES];

  function Line({ index }: { index: number }): Child {
    const line = lineAt(index);
    const pieces = splitAtMatches(line ?? "", state.find?.text ?? "");
    return (
      <div
        key={index}
        class={`line ${line === undefined ? "blank" : ""} ${state.find?.line === index ? "on" : ""}`}
      >
        {pieces.map((piece, i) => (i % 2 ? <mark>{piece}</mark> : piece))}
      </div>
    );
  }

  return {
    Source({ row, version }) {
      enter(row, version);
      const rows = (
        <Rows
          key="paged"
          list={list}
          total={total}
          class={`paged grow ${state.wrap ? "" : "nowrap"}`}
          role="group"
          tabIndex={0}
          aria-label={`Source of ${row.file}`}
          row={(index) => Line({ index })}
        />
      );
      for (let page = Math.floor(list.first / PAGE_LINES); page * PAGE_LINES < list.end; page += 1)
        fetchPage(page);
      return (
        <>
          {rows}
          {!total && !problem && <p class="empty over">Waiting for its lines …</p>}
          {problem && (
            <p class="note row small" role="alert">
              <span class="grow">{problem}</span>
              <Button
                text="Try again"
                tip="Request the lines again"
                onclick={() => {
                  requested.clear();
                  problem = "";
                  painting.changed();
                }}
              />
            </p>
          )}
        </>
      );
    },
    async find(direction) {
      const { find } = state;
      if (!find?.text) return;
      const { text } = find;
      const from = find.line ?? Math.floor(list.top) - 1;
      await operations.attempt("artifact.find", async () => {
        const { result } = await operations.request("artifact.find", {
          ...source,
          text,
          start: from,
          direction: direction,
        });
        if (state.find?.text !== text) return;
        state.set({ find: { text, ...result } });
        if (result.line !== null) list.show(result.line);
      });
      // The text may have changed meanwhile.
      if (state.find && state.find.text !== text) this.find(direction);
    },
  };
};
