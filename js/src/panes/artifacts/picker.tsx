// A button with a list of options of any length. Typing filters it; arrow keys move the highlight.

import type { Uses } from "../../state/app";
import type { ViewStore } from "../../state/view-store";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { takeFocus } from "../../ui/focus";
import { type List, Rows } from "../../ui/list/list";
import { createVirtualList } from "../../ui/list/virtual";
import type { ArtifactState } from "./state";

export const OPTION_PX = 28;
/** A longer list has a scroll bar. */
const MAX_OPTIONS = 12;

export interface Option {
  id: string;
  name: string;
  /** Its origin, beside its name. */
  of?: string;
  icon: Child;
  /** On the right. */
  detail?: Child;
  /** It is shown now. */
  on?: boolean;
  choose: () => void;
}

interface PickerProps {
  id: string;
  label: string;
  icon?: string;
  text: Child;
  tip: string;
  off?: string | undefined;
  onopen?: () => void;
  options: () => readonly Option[];
  /** The operation that loads the options. */
  operation?: string;
}

export function createPicker(
  app: Uses<"view" | "operations" | "painting">,
  state: ArtifactState,
): (props: PickerProps) => Child {
  const { view } = app;
  const list = createVirtualList(app.painting, OPTION_PX);
  return ({ id, label, icon, text, tip, off, onopen, options, operation }) => {
    const open = view.panel === id;
    return (
      <div class={`rel picker ${id}`} data-pop={id}>
        <Button
          {...{ icon, text, tip, off, open, opens: "dialog" }}
          onclick={() => {
            Object.assign(state, { typed: "", option: -1 });
            view.set({ panel: open ? "" : id });
            list.moveTo(0);
            if (!open) onopen?.();
          }}
        />
        {open && (
          <div key={id} class="panel column" role="dialog" aria-label={label} ref={takeFocus}>
            <Options view={view} state={state} list={list} label={label} all={options()} />
            {operation && <Failure failures={app.operations} at={operation} />}
          </div>
        )}
      </div>
    );
  };
}

interface OptionsProps {
  view: ViewStore;
  state: ArtifactState;
  list: List;
  label: string;
  all: readonly Option[];
}

function Options({ view, state, list, label, all }: OptionsProps) {
  const { typed } = state;
  const words = typed.toLowerCase().trim().split(/\s+/);
  const options = all.filter(({ name, of }) => {
    const shown = `${name} ${of ?? ""}`.toLowerCase();
    return words.every((word) => shown.includes(word));
  });
  const current = state.option < 0 ? options.findIndex(({ on }) => on) : state.option;
  const highlighted = Math.min(Math.max(current, 0), options.length - 1);

  const step = (to: number) => {
    state.set({ option: (to + options.length) % options.length });
    list.show(state.option);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = MAX_OPTIONS - 1;
    const moves: Record<string, number> = {
      ArrowDown: highlighted + 1,
      ArrowUp: highlighted - 1,
      PageDown: Math.min(highlighted + page, options.length - 1),
      PageUp: Math.max(highlighted - page, 0),
    };
    const move = moves[event.key];
    if (event.key === "Enter") choose(view, options[highlighted]);
    else if (move === undefined || !options.length) return;
    else step(move);
    event.preventDefault();
  };
  const height = Math.min(options.length, MAX_OPTIONS) * OPTION_PX;
  return (
    <>
      <input
        class="field"
        role="combobox"
        aria-label={`${label}: type to filter`}
        aria-expanded="true"
        aria-controls="options"
        aria-activedescendant={options[highlighted] && `option-${highlighted}`}
        placeholder="Type to filter"
        value={typed}
        oninput={({ currentTarget: { value } }) => {
          state.set({ typed: value, option: value ? 0 : -1 });
          list.moveTo(0);
        }}
        onkeydown={onKeyDown}
      />
      <Rows
        list={list}
        total={options.length}
        class="options"
        id="options"
        role="listbox"
        aria-label={label}
        style={`height:${height}px`}
        row={(index) => {
          const option = options[index] as Option;
          return (
            <div
              key={option.id}
              id={`option-${index}`}
              role="option"
              class="option row"
              aria-selected={index === highlighted}
              aria-current={option.on}
              title={option.of ? `${option.name}\n${option.of}` : option.name}
              onclick={() => choose(view, option)}
            >
              {option.icon}
              <span class={option.of ? "cut name" : "cut grow"}>{option.name}</span>
              {option.of && <span class="small dim cut grow">{option.of}</span>}
              {option.detail}
            </div>
          );
        }}
      />
      {!options.length && <p class="empty">{all.length ? "No option matches." : "…"}</p>}
    </>
  );
}

function choose(view: ViewStore, option: Option | undefined): void {
  if (!option) return;
  view.set({ panel: "" });
  option.choose();
}
