// Changes of single values in a brand: what the form does not know stays. Pure.

import type { BrandField } from "../../kernel/wire";
import { isObject } from "./json";

export type BrandPath = readonly (string | number)[];

const isText = (value: unknown) => typeof value === "string";
const isListOf = (value: unknown, isItem: (item: unknown) => boolean) =>
  Array.isArray(value) && value.every(isItem);

export const brandText = (brand: unknown): string =>
  brand === undefined ? "" : JSON.stringify(brand, null, 2);

/** The value at a path, `undefined` for none. */
export const valueAt = (value: unknown, path: BrandPath): unknown =>
  path.reduce<unknown>((found, step) => Object.getOwnPropertyDescriptor(found ?? {}, step)?.value, value);

/** The value with another one at a path; `undefined` removes it, and each object or list that is empty then. */
export function withValue(value: unknown, [step, ...rest]: BrandPath, next: unknown): unknown {
  if (step === undefined) return next;
  const inner = withValue(valueAt(value, [step]), rest, next);
  if (typeof step === "number") {
    const list: unknown[] = Array.isArray(value) ? [...value] : [];
    list.splice(step, 1, ...(inner === undefined ? [] : [inner]));
    return list.length ? list : undefined;
  }
  const { [step]: _, ...others } = isObject(value) ? value : {};
  // An existing name keeps its place.
  const changed = inner === undefined ? others : { ...(isObject(value) && value), [step]: inner };
  return Object.keys(changed).length ? changed : undefined;
}

/** Whether the control of this kind can show a value. */
export function fits(kind: BrandField["kind"], value: unknown): boolean {
  if (kind === "json") return false;
  if (value === undefined || value === null) return true;
  if (kind === "texts" || kind === "choices") return isListOf(value, isText);
  if (kind === "rows") return isListOf(value, isObject);
  if (kind === "group") return isObject(value);
  return typeof value === (kind === "number" ? kind : "string");
}
