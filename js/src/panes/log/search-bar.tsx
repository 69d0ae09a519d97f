import type { Ref } from "../../ui/dom";
import { count, plural } from "../../ui/format";
import { CROSS, DOWN, Icon } from "../../ui/icons";
import { Button, Failure } from "../pane";
import { CASE, ONLY, REGEX, UP } from "./icons";
import { focusLines } from "./keys";
import type { Ways } from "./navigation";
import type { Own } from "./state";

/** One goes on typing before this is over. */
const TYPING_MS = 120;

const focus: Ref = (field) => field.focus({ preventScroll: true });

interface Props {
  own: Own;
  ways: Ways;
}

export function Bar({ own, ways }: Props) {
  const { app } = own;
  return (
    <>
      {["log.next", "log.copy", "log.facets"].map((at) => (
        <Failure app={app} at={at} />
      ))}
      {own.searching && <Find own={own} ways={ways} />}
    </>
  );
}

function Find({ own, ways }: Props) {
  const { app } = own;
  const { view, found, query } = app;
  const take = (text: string) => app.set({ query: { ...view.query, text } });
  const close = (field: Element) => {
    focusLines(field);
    own.set({ searching: false, typed: "" });
    take("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, shiftKey, currentTarget } = event;
    if (key === "Enter" || key === "F3") {
      // What was typed just now counts, too.
      if (own.typed !== view.query.text) take(own.typed);
      ways.toMatch(shiftKey ? -1 : 1);
    } else if (key !== "Escape") return;
    else if (own.typed) {
      own.set({ typed: "" });
      take("");
    } else close(currentTarget as Element);
    event.preventDefault();
    event.stopPropagation();
  };
  const toggle = (name: "regex" | "case_sensitive") =>
    app.set({ query: { ...view.query, [name]: !view.query[name] } });
  const error = query && found?.error;
  const off = app.off || (query ? "" : "Type what to look for first");
  return (
    <div class="find bar row">
      <span class={`field row ${error ? "error" : ""}`}>
        <input
          key="search"
          role="searchbox"
          ref={focus}
          aria-label="Search the log"
          aria-invalid={!!error}
          placeholder="Search"
          spellcheck={false}
          value={own.typed}
          oninput={({ currentTarget: { value } }) => {
            own.set({ typed: value });
            setTimeout(() => own.typed === value && view.query.text !== value && take(value), TYPING_MS);
          }}
          onkeydown={onKeyDown}
        />
        <Button
          icon={CASE}
          tip="Match case"
          on={view.query.case_sensitive}
          onclick={() => toggle("case_sensitive")}
        />
        <Button icon={REGEX} tip="Regular expression" on={view.query.regex} onclick={() => toggle("regex")} />
      </span>
      <Matches own={own} ways={ways} />
      <span class="row menus">
        <Button icon={UP} tip="Previous match (Shift+Enter)" off={off} onclick={() => ways.toMatch(-1)} />
        <Button icon={DOWN} tip="Next match (Enter)" off={off} onclick={() => ways.toMatch(1)} />
      </span>
      <button
        class="chip only"
        aria-label="Only matches"
        title="Show only the lines that match"
        aria-pressed={view.only}
        onclick={() => app.set({ only: !view.only })}
      >
        <Icon d={ONLY} />
        <span>Only matches</span>
      </button>
      <button
        class="tool"
        aria-label="Close the search"
        title="Close the search (Esc)"
        onclick={({ currentTarget }) => close(currentTarget)}
      >
        <Icon d={CROSS} />
      </button>
      {query && found && !found.done && !error && (
        <i class="scanned" style={`--share:${(100 * found.scanned) / (found.of || 1)}%`} />
      )}
      {error && (
        <p class="bubble error small" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** How many lines match, exactly, as it grows; and which of them one stands at. */
function Matches({ own: { app }, ways }: Props) {
  const { found, query, log } = app;
  const nth = query && ways.nth();
  const at = nth && !nth.errors && log.row(nth.i)?.pieces ? nth : null;
  const done = found?.done ?? true;
  const words = !query
    ? ""
    : !found
      ? "…"
      : found.error
        ? ""
        : at
          ? `${count(at.nth)} of ${count(at.of)}`
          : found.count || !done
            ? plural(found.count, "line")
            : "No match";
  return (
    <span class="matches small dim num" role="status" aria-busy={!done}>
      {words}
      {!done && words && " …"}
    </span>
  );
}
