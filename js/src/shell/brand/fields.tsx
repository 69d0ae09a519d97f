// The controls of the brand form, by the kind of each field.

import type { BrandField, BrandFinding } from "../../kernel/wire";
import { Button, Chips } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { CROSS } from "../../ui/icons";
import { type BrandPath, fits, valueAt } from "./values";

interface BrandEditor {
  readonly brand: unknown;
  readonly found: readonly BrandFinding[];
  /** Sets the value at a path; `undefined` removes it. */
  edit(path: BrandPath, value: unknown): void;
}

interface FieldProps {
  field: BrandField;
  path: BrandPath;
  editor: BrandEditor;
}

/** Label, help, control and findings of a field. */
export function FieldEntry(props: FieldProps) {
  const { field, path, editor } = props;
  const { kind, label, help, required, fields } = field;
  return (
    <div class={`entry ${kind}`} data-field={path.join(".")} role="group" aria-label={label}>
      <p class="row">
        <b>{label}</b>
        {required && <i class="tag">required</i>}
      </p>
      <p class="dim">{help}</p>
      {kind === "rows" &&
        fields.map((inner) => (
          <p class="dim">
            <b>{inner.label}:</b> {inner.help}
          </p>
        ))}
      {fits(kind, valueAt(editor.brand, path)) ? (
        <Control {...props} />
      ) : (
        <p>The form cannot show this value: edit it as JSON.</p>
      )}
      <Notes at={path.join(".")} editor={editor} />
    </div>
  );
}

/** The findings at a path. */
const Notes = ({ at, editor }: { at: string; editor: BrandEditor }) =>
  editor.found
    .filter(({ path }) => path === at)
    .map(({ tone, message }) => <p class={`tone ${tone}`}>{message}</p>);

function Control({ field, path, editor }: FieldProps): Child {
  const { kind, label, choices, fields, free } = field;
  const value = valueAt(editor.brand, path);
  const items = Array.isArray(value) ? value : [];
  const numbers = [...items.keys()];
  if (kind === "group")
    return fields.map((inner) => (
      <FieldEntry key={inner.name} field={inner} path={[...path, inner.name]} editor={editor} />
    ));
  if (kind === "choices") {
    const others = numbers.filter((number) => !choices.some(([choice]) => choice === items[number]));
    return (
      <>
        <Chips
          label={label}
          options={choices}
          isOn={(choice) => items.includes(choice)}
          onChoose={(choice) => {
            const at = items.indexOf(choice);
            editor.edit([...path, at < 0 ? items.length : at], at < 0 ? choice : undefined);
          }}
        />
        <Items {...{ field, path, editor }} shown={free ? [...others, items.length] : others} />
      </>
    );
  }
  if (kind === "texts" || kind === "rows")
    return <Items {...{ field, path, editor }} shown={[...numbers, items.length]} />;
  return <Input {...{ field, path, editor, label }} />;
}

/** Entries of a list, each with a button that removes it. Writing in the one after the last adds it. */
function Items({ field, path, editor, shown }: FieldProps & { shown: number[] }) {
  const rows = field.kind === "rows" && field.fields;
  return shown.map((number) => {
    const at = [...path, number];
    const isNew = valueAt(editor.brand, at) === undefined;
    const label = isNew ? `Add to ${field.label}` : `${field.label} ${number + 1}`;
    return (
      <div key={number} data-field={at.join(".")}>
        <div class="row">
          {rows ? (
            rows.map((cell) => (
              <Input
                key={cell.name}
                field={cell}
                path={[...at, cell.name]}
                editor={editor}
                label={`${label}: ${cell.label}`}
              />
            ))
          ) : (
            <Input
              field={field}
              path={at}
              editor={editor}
              label={label}
              hint={number && isNew ? "Add another" : undefined}
            />
          )}
          <Button
            icon={CROSS}
            tip={`Remove ${label}`}
            class={isNew ? "tool none" : "tool"}
            onclick={() => editor.edit(at, undefined)}
          />
        </div>
        <Notes at={at.join(".")} editor={editor} />
        {(rows || []).map(({ name }) => (
          <Notes at={[...at, name].join(".")} editor={editor} />
        ))}
      </div>
    );
  });
}

interface Typed {
  currentTarget: { value: string };
}

/** The control of a text, a number, a colour or a choice. */
function Input({
  field,
  path,
  editor,
  label,
  hint,
}: FieldProps & { label: string; hint?: string | undefined }) {
  const { kind, choices, example } = field;
  const value = `${valueAt(editor.brand, path) ?? ""}`;
  const at = path.join(".");
  const props = {
    class: "field",
    "aria-label": label,
    "aria-invalid": editor.found.some(({ path, tone }) => path === at && tone !== "warning"),
    "data-field": at,
    placeholder: hint ?? (example ? `For example: ${example}` : field.default),
    value,
    oninput: ({ currentTarget }: Typed) => editor.edit(path, currentTarget.value),
    // What was emptied stays while it has the focus.
    onchange: ({ currentTarget }: Typed) =>
      editor.edit(path, currentTarget.value.trim() ? currentTarget.value : undefined),
  };
  if (kind === "paragraph") return <textarea {...props} rows={2} />;
  if (kind === "choice")
    return (
      <select {...props} oninput={undefined}>
        {[
          ["", field.default],
          ...choices,
          ...(!value || choices.some(([choice]) => choice === value) ? [] : [[value, value]]),
        ].map(([choice = "", name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    );
  if (kind === "number") {
    const count = ({ currentTarget }: Typed) =>
      editor.edit(path, currentTarget.value ? Number(currentTarget.value) : undefined);
    return <input {...props} type="number" step="any" oninput={count} onchange={count} />;
  }
  const text = <input {...props} type="text" />;
  if (kind !== "color") return text;
  return (
    <div class="row">
      <input
        {...props}
        type="color"
        class={value ? "field" : "field unset"}
        aria-label={`Pick ${label}`}
        value={value.length === 4 ? value.replace(/\w/g, "$&$&") : value || "#808080"}
      />
      {text}
    </div>
  );
}
