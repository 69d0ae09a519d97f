import type { App } from "../../state/app";
import type { Ref } from "../../ui/dom";
import { agentName, count } from "../../ui/format";
import { COPY, CROSS, Icon } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import { Button, Failure } from "../pane";
import { ERROR_NEXT, FUNNEL, GOTO, SEARCH } from "./icons";
import { focusLines } from "./keys";
import type { Ways } from "./navigation";
import type { Own } from "./state";

/** More stages or agents than these are not listed: the timeline has them all. */
const LISTED_MOST = 100;

interface Props {
  own: Own;
  ways: Ways;
}

export function Tools({ own, ways }: Props) {
  const { app } = own;
  const { view, log, state } = app;
  const off = app.off || (log.total ? "" : "No line yet");
  const noError = state.run?.counts.errors ? "" : "No error yet";
  const [, said] = view.copied.split("log: ");
  return (
    <>
      <span class="told small dim" role="status">
        {said}
      </span>
      <Button
        icon={SEARCH}
        tip="Search the log (/)"
        on={own.searching}
        off={app.off}
        onclick={() => {
          own.set({ searching: !own.searching, typed: "" });
          app.set({ query: { ...view.query, text: "" } });
        }}
      />
      <FilterMenu own={own} off={off} />
      <GoTo own={own} ways={ways} off={off} />
      <button
        class="tool"
        aria-label="Next error (E)"
        title={off || noError || "Next error (E); Shift+E: the one before"}
        disabled={!!(off || noError)}
        onclick={({ shiftKey }) => ways.toError(shiftKey ? -1 : 1)}
      >
        <Icon d={ERROR_NEXT} />
      </button>
      <Button
        icon={COPY}
        tip={`Copy the lines ${view.active === null ? "in view" : "chosen"}`}
        off={off}
        busy={app.busy.has("log.copy")}
        onclick={() => ways.copy()}
      />
    </>
  );
}

function FilterMenu({ own: { app, facets, set }, off }: { own: Own; off: string }) {
  const { view, state } = app;
  const stageName = (id: string) => state.stages.find((stage) => stage.stage_id === id)?.name ?? id;
  const groups = [
    ["stage", "All stages", facets?.stages, stageName],
    ["agent", "All agents", facets?.agents, agentName],
  ] as const;
  return (
    <Popover
      app={app}
      id="filter"
      role="menu"
      label="Show the lines of"
      icon={FUNNEL}
      text=""
      tip="Filter by stage or agent"
      off={off}
      onopen={async () => {
        const answer = await app.act("log.facets", {});
        if (answer) set({ facets: answer.result });
      }}
    >
      {() =>
        groups.map(([kind, all, options, nameOf]) => (
          <fieldset aria-label={kind}>
            {[[null, 0] as const, ...(options?.slice(0, LISTED_MOST) ?? [])].map(([value, lines]) => (
              <button
                key={value ?? ""}
                role="menuitemradio"
                class="option row"
                aria-checked={view[kind] === value}
                onclick={({ currentTarget }) => {
                  focusLines(currentTarget);
                  app.set({ [kind]: value, panel: "" });
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

const select: Ref = (field) => (field as HTMLInputElement).select();

function GoTo({ own: { app }, ways, off }: Props & { off: string }) {
  const { counts } = app.state.run ?? {};
  const leave = (inside: Element) => {
    focusLines(inside);
    app.set({ panel: "" });
  };
  const goals: [text: string, key: string, off: boolean, go: () => void][] = [
    ["Next error", "E", !counts?.errors, () => ways.toError(1)],
    ["Previous error", "Shift+E", !counts?.errors, () => ways.toError(-1)],
    ["First line", "Home", false, () => ways.choose(0)],
    ["Last line", "End", false, () => ways.choose(app.log.total - 1)],
  ];
  return (
    <Popover
      app={app}
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
              ref={select}
              placeholder="12.5, 1:02, 14:03:07, #1200"
              aria-invalid={!!app.errors["log.locate"]}
              onkeydown={({ key, currentTarget }) => {
                if (key === "Enter") ways.toPlace(currentTarget.value, () => leave(currentTarget));
              }}
            />
          </label>
          <Failure app={app} at="log.locate" />
          {goals.map(([text, key, off, go]) => (
            <button
              class="option row"
              disabled={off}
              onclick={({ currentTarget }) => {
                leave(currentTarget);
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

/** Says that the log shows one agent alone, and takes that back. */
export function AgentChip({ app: { view, set } }: { app: App }) {
  return (
    view.agent !== null && (
      <button class="chip on" title="Show all agents" onclick={() => set({ agent: null })}>
        <span class="cut">Agent: {agentName(view.agent)}</span>
        <Icon d={CROSS} />
      </button>
    )
  );
}
