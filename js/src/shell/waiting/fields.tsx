// The controls of an answer's form, by the kind of each field.

import { Chips } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { type AnswerField, contentOf, fieldId } from "./answer-form";
import type { Question, Questions } from "./questions";

interface FieldProps {
  field: AnswerField;
  question: Question;
  questions: Questions;
}

/** Label, control, help and problem of a field. */
export function Field(props: FieldProps): Child {
  const { field, question, questions } = props;
  const { kind, path, required, help, fields } = field;
  const label = field.label || "Answer";
  const inner = fields.map((item) => <Field key={fieldId(item)} {...props} field={item} />);
  if (kind === "group" && !path.length) return <div class="items">{inner}</div>;
  const content = contentOf(field, question.typed);
  const problem = question.problems.get(fieldId(field));
  const isWide = /^(paragraph|lines|json|group|choices)$/.test(kind);
  return (
    <div class={isWide ? "item wide" : "item"} role="group" aria-label={label}>
      {kind === "boolean" ? (
        <label class="row">
          <input
            type="checkbox"
            checked={content === "on"}
            onchange={({ currentTarget }) =>
              questions.type(question, field, currentTarget.checked ? "on" : "")
            }
          />
          <b>{label}</b>
        </label>
      ) : (
        <p class="row">
          <b>{label}</b>
          {required && path.length > 0 && <i class="tag">required</i>}
        </p>
      )}
      {kind === "group" ? (
        <div class="items">{inner}</div>
      ) : (
        kind !== "boolean" && <Control {...{ ...props, label, content, flawed: !!problem }} />
      )}
      {path.length > 0 && help && <p class="dim">{help}</p>}
      {problem && (
        <p class="problem tone error" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

const HINTS: Partial<Record<AnswerField["kind"], string>> = { lines: "One entry per line", json: "JSON" };

function Control({
  field,
  question,
  questions,
  label,
  content,
  flawed,
}: FieldProps & { label: string; content: string; flawed: boolean }) {
  const { kind, choices, required } = field;
  const set = (next: string) => questions.type(question, field, next);
  const common = {
    class: "field",
    "aria-label": label,
    "aria-required": required,
    "aria-invalid": flawed,
    placeholder: HINTS[kind],
    value: content,
    oninput: ({ currentTarget }: { currentTarget: { value: string } }) => set(currentTarget.value),
  };
  if (kind === "choices") {
    const chosen = content ? content.split(",") : [];
    return (
      <Chips
        label={label}
        options={choices.map(([name], number) => [`${number}`, name] as const)}
        isOn={(number) => chosen.includes(number)}
        onChoose={(number) =>
          set(
            (chosen.includes(number)
              ? chosen.filter((other) => other !== number)
              : [...chosen, number]
            ).join(),
          )
        }
      />
    );
  }
  if (kind === "choice")
    return (
      <select {...common}>
        <option value="">{required ? "Choose …" : "–"}</option>
        {choices.map(([name], number) => (
          <option key={number} value={`${number}`}>
            {name}
          </option>
        ))}
      </select>
    );
  if (kind === "text") return <input type="text" {...common} />;
  if (kind === "number") return <input type="text" inputMode="decimal" {...common} />;
  return (
    <textarea
      {...common}
      class={kind === "json" ? "field code" : "field"}
      rows={3}
      spellcheck={kind !== "json"}
    />
  );
}
