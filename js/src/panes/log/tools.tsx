import type { Uses } from "../../state/app";
import { agentName, stageName } from "../../state/names";
import { Button } from "../../ui/button";
import { Failure } from "../../ui/failure";
import { count } from "../../ui/format";
import { COPY, CROSS, Icon, iconStyle } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import { ERROR_NEXT, FUNNEL, GOTO, SEARCH } from "./icons";
import { focusLines } from "./keys";
import type { Navigation } from "./navigation";
import type { LogState } from "./state";

/** The filter lists at most so many stages and agents; the timeline has all stages. */
const MAX_LISTED = 100;

interface Props {
  app: Uses<"view" | "log" | "run" | "operations" | "connection">;
  state: LogState;
  navigation: Navigation;
}

export function Tools({ app, state, navigation }: Props) {
  const { view } = app;
  const off = app.connection.off || (app.log.rows.total ? "" : "No line yet");
  const noError = app.run.state.run?.counts.errors ? "" : "No error yet";
  const [, confirmation] = view.copied.split("log: ");
  return (
    <>
      <span class="copied small dim" role="status">
        {confirmation}
      </span>
      <Button
        icon={SEARCH}
        tip="Search the log (/)"
        on={state.searching}
        off={app.connection.off}
        onclick={() => {
          state.set({ searching: !state.searching, typed: "" });
          view.set({ query: { ...view.query, text: "" } });
        }}
      />
      <FilterMenu app={app} state={state} off={off} />
      <GoTo app={app} navigation={navigation} off={off} />
      <button
        class="tool icon"
        style={iconStyle(ERROR_NEXT)}
        aria-label="Next error (E)"
        title={off || noError || "Next error (E); Shift+E: previous error"}
        disabled={!!(off || noError)}
        onclick={({ shiftKey }) => navigation.toError(shiftKey ? -1 : 1)}
      />
      <Button
        icon={COPY}
        tip={`Copy the lines ${view.active === null ? "in view" : "chosen"}`}
        off={off}
        busy={app.operations.busy.has("log.copy")}
        onclick={() => navigation.copy()}
      />
    </>
  );
}

function FilterMenu({ app, state, off }: Omit<Props, "navigation"> & { off: string }) {
  const { view } = app;
  const { facets } = state;
  const { stages } = app.run.state;
  const groups = [
    ["stage", "All stages", facets?.stages, (id: string) => stageName(stages, id)],
    ["agent", "All agents", facets?.agents, agentName],
  ] as const;
  return (
    <Popover
      panels={view}
      id="filter"
      role="menu"
      label="Show the lines of"
      icon={FUNNEL}
      text=""
      tip="Filter by stage or agent"
      off={off}
      onopen={async () => {
        const answer = await app.operations.act("log.facets", {});
        if (answer) state.set({ facets: answer.result });
      }}
    >
      {() =>
        groups.map(([kind, all, options, nameOf]) => (
          <fieldset aria-label={kind}>
            {[[null, 0] as const, ...(options?.slice(0, MAX_LISTED) ?? [])].map(([value, lines]) => (
              <button
                key={value ?? ""}
                role="menuitemradio"
                class="option row"
                aria-checked={view[kind] === value}
                onclick={({ currentTarget }) => {
                  focusLines(currentTarget);
                  view.set({ [kind]: value, panel: "" });
                }}
              >
                <span class="cut grow">{value === null ? all : nameOf(value)}</span>
                {value !== null && <span class="num dim small">{count(lines)}</span>}
              </button>
            ))}
          </fieldset>
        ))
      }
    </Popover>
  );
}

function GoTo({ app, navigation, off }: Omit<Props, "state"> & { off: string }) {
  const { counts } = app.run.state.run ?? {};
  const close = (within: Element) => {
    focusLines(within);
    app.view.set({ panel: "" });
  };
  const targets: [text: string, key: string, off: boolean, go: () => void][] = [
    ["Next error", "E", !counts?.errors, () => navigation.toError(1)],
    ["Previous error", "Shift+E", !counts?.errors, () => navigation.toError(-1)],
    ["First line", "Home", false, () => navigation.choose(0)],
    ["Last line", "End", false, () => navigation.choose(app.log.rows.total - 1)],
  ];
  return (
    <Popover
      panels={app.view}
      id="goto"
      role="dialog"
      label="Go to"
      icon={GOTO}
      text=""
      tip="Go to a time or line (G)"
      off={off}
    >
      {() => (
        <>
          <label class="small dim">
            Time or line
            <input
              class="field"
              ref={(field) => field.select()}
              placeholder="12.5, 1:02, 14:03:07, #1200"
              aria-invalid={!!app.operations.errors["log.locate"]}
              onkeydown={({ key, currentTarget }) => {
                if (key === "Enter") navigation.toLocation(currentTarget.value, () => close(currentTarget));
              }}
            />
          </label>
          <Failure failures={app.operations} at="log.locate" />
          {targets.map(([text, key, off, go]) => (
            <button
              class="option row"
              disabled={off}
              onclick={({ currentTarget }) => {
                close(currentTarget);
                go();
              }}
            >
              <span class="grow">{text}</span>
              <kbd class="small dim">{key}</kbd>
            </button>
          ))}
        </>
      )}
    </Popover>
  );
}

/** Names the agent that the log is filtered to; a click removes the filter. */
export function AgentChip({ app: { view } }: { app: Uses<"view"> }) {
  return (
    view.agent !== null && (
      <button class="chip on" title="Show all agents" onclick={() => view.set({ agent: null })}>
        <span class="cut">Agent: {agentName(view.agent)}</span>
        <Icon d={CROSS} />
      </button>
    )
  );
}
