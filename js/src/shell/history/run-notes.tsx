// What people add to a run: tags and a note.

import type { HistoryRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Button } from "../../ui/button";
import { Failure } from "../../ui/failure";
import { takeFocus } from "../../ui/focus";
import type { HistoryStore } from "./store";

interface Props {
  app: Uses<"operations">;
  history: HistoryStore;
  row: HistoryRow;
}

/** The tags of a run; a press on one of them shows the runs that have it. */
export function Tags({ history, row: { tags } }: Omit<Props, "app">) {
  return tags.map((tag) => (
    <button
      key={`tag ${tag}`}
      class="chip tagged"
      title={`Show the runs with the tag ${tag}`}
      onclick={() => {
        history.showAll(true);
        history.window.set({ tag });
      }}
    >
      {tag}
    </button>
  ));
}

/** The fields of tags and note. */
export function NotesEditor({ app, history, row }: Props) {
  const { edited } = history;
  if (edited?.row.run_id !== row.run_id) return null;
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") history.saveNotes();
    else if (event.key === "Escape") history.edit(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const field = (name: "tags" | "note", label: string, placeholder: string) => (
    <input
      key={name}
      class="field"
      aria-label={label}
      placeholder={placeholder}
      value={edited[name]}
      oninput={({ currentTarget: { value } }) =>
        history.edited && history.edit({ ...history.edited, [name]: value })
      }
      onkeydown={onKey}
    />
  );
  return (
    <div class="notes row rel" ref={takeFocus}>
      {field("tags", "Tags", "Tags, separated by commas")}
      {field("note", "Note", "A note")}
      <Button
        class="link"
        text="Save"
        tip="Save tags and note (Enter)"
        busy={app.operations.busy.has("history.tag")}
        onclick={history.saveNotes}
      />
      <Button
        class="link"
        text="Cancel"
        tip="Leave them as they were (Esc)"
        onclick={() => history.edit(null)}
      />
      <Failure failures={app.operations} at="history.tag" />
      <Failure failures={app.operations} at="history.note" />
    </div>
  );
}
