// A list to choose from, however long, under a button: typing narrows it, arrows lead through it.

import type { App } from "../../state/app";
import type { Child } from "../../ui/dom";
import { createList, type List, Rows } from "../../ui/list/list";
import { Button, Failure } from "../pane";
import { takeFocus } from "./focus";
import type { Own } from "./state";

export const OPTION_PX = 28;
/** A list without a scroll bar has at most this many options. */
const OPTIONS_MOST = 12;

export interface Option {
  id: string;
  name: string;
  /** Where it comes from, beside its name. */
  of?: string;
  icon: Child;
  /** On the right. */
  detail?: Child;
  /** It is the one that is shown now. */
  on?: boolean;
  choose: () => void;
}

interface PickerProps {
  /** What it is called in `view.panel`. */
  id: string;
  label: string;
  icon?: string;
  text: Child;
  tip: string;
  off?: string | undefined;
  onopen?: () => void;
  options: () => readonly Option[];
  /** What a failure to get them is kept under. */
  place?: string;
}

export function createPicker(own: Own): (props: PickerProps) => Child {
  const { app } = own;
  const list = createList(app, OPTION_PX);
  return ({ id, label, icon, text, tip, off, onopen, options, place }) => {
    const open = app.view.panel === id;
    return (
      <div class={`rel picker ${id}`} data-pop={id}>
        <Button
          {...{ icon, text, tip, off, open, opens: "dialog" }}
          onclick={() => {
            Object.assign(own, { typed: "", option: -1 });
            app.set({ panel: open ? "" : id });
            list.stand(0);
            if (!open) onopen?.();
          }}
        />
        {open && (
          <div key={id} class="panel column" role="dialog" aria-label={label} ref={takeFocus}>
            <Options own={own} list={list} label={label} all={options()} />
            {place && <Failure app={app} at={place} />}
          </div>
        )}
      </div>
    );
  };
}

interface OptionsProps {
  own: Own;
  list: List;
  label: string;
  all: readonly Option[];
}

function Options({ own, list, label, all }: OptionsProps) {
  const { app, typed } = own;
  const wanted = typed.toLowerCase().trim().split(/\s+/);
  const options = all.filter(({ name, of }) => {
    const shown = `${name} ${of ?? ""}`.toLowerCase();
    return wanted.every((word) => shown.includes(word));
  });
  const current = own.option < 0 ? options.findIndex(({ on }) => on) : own.option;
  const at = Math.min(Math.max(current, 0), options.length - 1);

  const step = (to: number) => {
    own.set({ option: (to + options.length) % options.length });
    list.show(own.option);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = OPTIONS_MOST - 1;
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: Math.min(at + page, options.length - 1),
      PageUp: Math.max(at - page, 0),
    };
    const move = moves[event.key];
    if (event.key === "Enter") choose(app, options[at]);
    else if (move === undefined || !options.length) return;
    else step(move);
    event.preventDefault();
  };
  const height = Math.min(options.length, OPTIONS_MOST) * OPTION_PX;
  return (
    <>
      <input
        class="field"
        role="combobox"
        aria-label={`${label}: type to narrow`}
        aria-expanded="true"
        aria-controls="options"
        aria-activedescendant={options[at] && `option-${at}`}
        placeholder="Type to narrow"
        value={typed}
        oninput={({ currentTarget: { value } }) => {
          own.set({ typed: value, option: value ? 0 : -1 });
          list.stand(0);
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
              aria-selected={index === at}
              aria-current={option.on}
              title={option.of ? `${option.name}\n${option.of}` : option.name}
              onclick={() => choose(app, option)}
            >
              {option.icon}
              <span class={option.of ? "cut whose" : "cut grow"}>{option.name}</span>
              {option.of && <span class="small dim cut grow">{option.of}</span>}
              {option.detail}
            </div>
          );
        }}
      />
      {!options.length && <p class="empty">{all.length ? "Nothing here has all of this in it." : "…"}</p>}
    </>
  );
}

function choose(app: App, option: Option | undefined): void {
  if (!option) return;
  app.set({ panel: "" });
  option.choose();
}
