import type { LogSearch } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Button } from "../../ui/button";
import type { Ref } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { count, plural } from "../../ui/format";
import { CROSS, DOWN, Icon } from "../../ui/icons";
import { CASE, ONLY, REGEX, UP } from "./icons";
import { focusLines } from "./keys";
import type { Navigation } from "./navigation";
import type { LogState } from "./state";

/** The typed text becomes the query after a pause this long. */
const TYPING_MS = 120;

const focus: Ref = (field) => field.focus({ preventScroll: true });

interface Props {
  app: Uses<"view" | "log" | "operations" | "connection">;
  state: LogState;
  navigation: Navigation;
}

export function SearchBar({ app, state, navigation }: Props) {
  return (
    <>
      {["log.next", "log.copy", "log.facets"].map((at) => (
        <Failure failures={app.operations} at={at} />
      ))}
      {state.searching && <Search app={app} state={state} navigation={navigation} />}
    </>
  );
}

function Search({ app, state, navigation }: Props) {
  const { view } = app;
  const { progress, query } = app.log;
  const search = (change: Partial<LogSearch>) => {
    view.set({ query: { ...view.query, ...change } });
    navigation.toNearest();
  };
  const apply = (text: string) => search({ text });
  const close = (field: Element) => {
    focusLines(field);
    state.set({ searching: false, typed: "" });
    apply("");
  };
  const onKeyDown = (event: KeyboardEvent & { currentTarget: Element }) => {
    const { key, shiftKey, currentTarget } = event;
    if (key === "Enter" || key === "F3") {
      // The pause after typing may not be over.
      if (state.typed !== view.query.text) apply(state.typed);
      else navigation.toMatch(shiftKey ? -1 : 1);
    } else if (key !== "Escape") return;
    else if (state.typed) {
      state.set({ typed: "" });
      apply("");
    } else close(currentTarget);
    event.preventDefault();
    event.stopPropagation();
  };
  const toggle = (name: "regex" | "case_sensitive") => search({ [name]: !view.query[name] });
  const error = query && progress?.error;
  const off = app.connection.off || (query ? "" : "Type a search text first");
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
          value={state.typed}
          oninput={({ currentTarget: { value } }) => {
            state.set({ typed: value });
            setTimeout(() => state.typed === value && view.query.text !== value && apply(value), TYPING_MS);
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
      <Matches app={app} navigation={navigation} />
      <span class="row menus">
        <Button
          icon={UP}
          tip="Previous match (Shift+Enter)"
          off={off}
          onclick={() => navigation.toMatch(-1)}
        />
        <Button icon={DOWN} tip="Next match (Enter)" off={off} onclick={() => navigation.toMatch(1)} />
      </span>
      <button
        class="chip only"
        aria-label="Only matches"
        title="Show matching lines only"
        aria-pressed={view.only}
        onclick={() => view.set({ only: !view.only })}
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
      {query && progress && !progress.done && !error && (
        <i class="scanned" style={`--share:${(100 * progress.scanned) / (progress.of || 1)}%`} />
      )}
      {error && (
        <p class="bubble error small" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** The number of matching lines, and which of them is chosen. */
function Matches({ app, navigation }: { app: Uses<"log">; navigation: Navigation }) {
  const { progress, query, rows } = app.log;
  const step = query && navigation.step();
  const match = step && !step.errors && rows.row(step.index)?.pieces ? step : null;
  const done = progress?.done ?? true;
  const text = !query
    ? ""
    : !progress
      ? "…"
      : progress.error
        ? ""
        : match
          ? `${count(match.nth)} of ${count(match.of)}`
          : progress.count || !done
            ? plural(progress.count, "line")
            : "No match";
  return (
    <span class="matches small dim num" role="status" aria-busy={!done}>
      {text}
      {!done && text && " …"}
    </span>
  );
}
