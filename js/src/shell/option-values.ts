// The values of a worker's options in the form: only what differs from the defaults is kept. Pure.

import type { WorkerOption } from "../kernel/wire";
import { lookUp } from "../ui/look-up";

export type OptionValues = Record<string, unknown>;

/** The values that belong to declared options and differ from their defaults. */
export function chosenOptions(declared: readonly WorkerOption[], values: OptionValues): OptionValues {
  // Assigned to an object, a value of the name "__proto__" would be lost.
  return Object.fromEntries(
    declared
      .map((option) => [option.name, lookUp(values, option.name, null) ?? option.default, option.default])
      .filter(([, value, usual]) => value !== usual),
  );
}

/** The value of a text field: a number where it is one; `undefined`, the default, where it is empty. */
export function optionValue({ type }: WorkerOption, text: string): unknown {
  if (type === "text") return text || undefined;
  const number = Number(text);
  return text.trim() === "" ? undefined : Number.isNaN(number) ? text : number;
}

/** The values with one of them changed; `undefined` removes it. */
export function withOption(values: OptionValues, { name }: WorkerOption, value: unknown): OptionValues {
  const { [name]: _, ...others } = values;
  return value === undefined ? others : { ...others, [name]: value };
}
