// The form of an answer: the fields that a JSON schema describes, and the payload from what was typed. Pure.
//
// The schema comes from an agent. Whatever it is, nothing here throws, and a form is bounded. A part of a
// schema with a rule that no control keeps is edited as JSON. A `pattern` is left to the kernel: a hostile one
// would block the page.

import { displayName } from "../../state/names";
import { count, plural } from "../../ui/format";
import { isObject } from "../brand/json";

type Schema = Record<string, unknown>;

export interface AnswerField {
  kind: "text" | "paragraph" | "number" | "boolean" | "choice" | "choices" | "lines" | "group" | "json";
  /** The keys that lead to its value in the payload. */
  path: readonly string[];
  label: string;
  help: string;
  required: boolean;
  /** `null` is allowed: the value of a required field that is empty. */
  nullable: boolean;
  /** What it contains at first. */
  initial: string;
  /** The rules for its value. */
  rules: Schema;
  /** The names and values of a choice. */
  choices: readonly Choice[];
  /** The rules for each entry of a list. */
  entry: Schema;
  /** The fields of a group. */
  fields: readonly AnswerField[];
}

type Choice = readonly [name: string, value: unknown];

export interface AnswerForm {
  /** The answer is an approval: true or false, or an object that has it under this key. `null`: neither. */
  approval: "" | "approved" | null;
  /** `null`: nothing is asked beside the approval. */
  root: AnswerField | null;
}

/**
 * What was typed in the fields, by their ids. A boolean is "on" or "", a choice the number of its value,
 * several choices are their numbers with commas between, a list has a line for each entry.
 */
export type Typed = ReadonlyMap<string, string>;

export interface CheckedAnswer {
  payload: unknown;
  /** What is wrong, by the ids of the fields. */
  problems: ReadonlyMap<string, string>;
}

/** Fields and choices together. */
const MOST_CONTROLS = 300;
const MOST_STEPS = 20;
const MOST_CHARS = 2_000;
/** A text that may be longer has a field of several lines. */
const LINE_CHARS = 200;

/** Keywords without a rule. */
const WORDS = /^(title|description|default|examples|format|\$(defs|schema|id|comment|anchor)|definitions)$/;
/** Rules that no control keeps. */
const FOREIGN =
  /^(\$\w*ref|allOf|anyOf|oneOf|not|if|enum|const|prefixItems|contains|dependen\w+|patternProperties|propertyNames|m\w+Properties|unevaluated\w+)$/i;
const COMBINED = ["$ref", "allOf", "anyOf", "oneOf"];

export const fieldId = ({ path }: AnswerField): string => JSON.stringify(path);

/** What a field contains. */
export const contentOf = (field: AnswerField, typed: Typed): string =>
  typed.get(fieldId(field)) ?? field.initial;

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value.slice(0, MOST_CHARS) : "");
/** JSON; too deep a value has none. */
const jsonOf = (value: unknown, indent = 0): string => {
  try {
    return JSON.stringify(value, null, indent) ?? "";
  } catch {
    return "";
  }
};
const ownValue = (value: unknown, key: string): unknown =>
  Object.getOwnPropertyDescriptor(value ?? {}, key)?.value;

/** A schema without references and single alternatives; `null` if it cannot be had. */
function resolved(given: unknown, root: unknown): { found: Schema | null; nullable: boolean } {
  let found = given;
  let nullable = false;
  for (let step = 0; step < MOST_STEPS && isObject(found); step += 1) {
    const schema: Schema = found;
    const key = COMBINED.find((name) => name in schema) ?? "";
    const { [key]: combined, ...rest } = schema;
    const parts = key === "$ref" ? [referred(combined, root)] : listOf(combined);
    const others = key === "allOf" ? parts : parts.filter((part) => ownValue(part, "type") !== "null");
    const [next] = others;
    if (others.length !== 1 || !isObject(next)) return { found: schema, nullable };
    // Neither two rules of one name can be joined, nor a rule with `null`, which it would not allow.
    const rules = Object.keys(rest).filter((name) => !WORDS.test(name));
    nullable ||= others.length < parts.length;
    found = !rules.some((name) => name in next || nullable) && { ...next, ...rest };
  }
  return { found: null, nullable };
}

/** The schema that a reference such as `#/$defs/City` leads to. */
const referred = (reference: unknown, root: unknown): unknown =>
  textOf(reference)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((at, part, index) => (index ? ownValue(at, part) : part === "#" ? at : null), root);

const isConstant = (part: unknown): part is Schema =>
  isObject(part) && "const" in part && Object.keys(part).every((key) => key === "const" || WORDS.test(key));

/** The choices that a schema lists, and its other rules; `null` if it does not list them in one way. */
function listed(schema: Schema | null): { choices: Choice[]; rules: Schema } | null {
  const { enum: values, const: only, oneOf, anyOf, ...rules } = schema ?? {};
  const lists: Schema = {
    enum: listOf(values).map((value) => ({ const: value })),
    const: [{ const: only }],
    oneOf,
    anyOf,
  };
  const [key = "", ...more] = Object.keys(lists).filter((name) => schema && name in schema);
  const parts = listOf(lists[key]);
  if (more.length || !parts.length || !parts.every(isConstant)) return null;
  const choices = parts.map(({ const: value, title }): Choice => {
    return [(textOf(title) || textOf(value) || jsonOf(value)).slice(0, LINE_CHARS), value];
  });
  // A value that is listed twice meets more than one of the alternatives.
  const different = new Set(choices.map(([, value]) => jsonOf(value))).size;
  return key === "oneOf" && different < choices.length ? null : { choices, rules };
}

/** The form for an answer that meets `schema`; `reason` is why it is asked for. */
export function answerForm(schema: Schema | null, reason: string | null): AnswerForm {
  let left = MOST_CONTROLS;

  function fieldOf(given: unknown, path: readonly string[], required: boolean): AnswerField {
    left -= 1;
    const { found, nullable } = resolved(given, schema);
    const list = listed(found);
    const rules = list?.rules ?? found ?? {};
    const types = [rules.type].flat().filter((type) => type !== "null");
    const [type = "properties" in rules ? "object" : ""] = types;
    const first = found?.default;
    const compact = jsonOf(first);
    const json: AnswerField = {
      kind: "json",
      path,
      label: textOf(found?.title) || displayName((path.at(-1) ?? "").slice(0, LINE_CHARS)),
      help: textOf(found?.description),
      required,
      nullable: nullable || (!list && listOf(rules.type).length > types.length),
      initial: compact && compact.length < MOST_CHARS ? jsonOf(first, 2) : compact,
      rules,
      choices: [],
      entry: {},
      fields: [],
    };
    if (!found || types.length > 1 || Object.keys(rules).some((name) => FOREIGN.test(name))) return json;
    if (list) {
      const { choices } = list;
      if (choices.length > left) {
        const some = choices.slice(0, 5).map(([name]) => name);
        return {
          ...json,
          rules: found,
          help: `One of ${count(choices.length)} values: ${some.join(", ")}, …`,
        };
      }
      left -= choices.length;
      const at = numberOf(choices, first);
      const chosen = at < 0 && required && choices.length === 1 ? 0 : at;
      return { ...json, kind: "choice", choices, initial: chosen < 0 ? "" : `${chosen}` };
    }
    if (type === "string") {
      const initial = typeof first === "string" ? first : "";
      const chars = Math.max(limitOf(rules, "maxLength") || 0, initial.length);
      const isLong = chars > LINE_CHARS || rules.format === "textarea" || initial.includes("\n");
      return { ...json, kind: isLong ? "paragraph" : "text", initial };
    }
    if (type === "number" || type === "integer")
      return { ...json, kind: "number", initial: typeof first === "number" ? `${first}` : "" };
    if (type === "boolean") return { ...json, kind: "boolean", initial: first === true ? "on" : "" };
    if (type === "array") return listField(json, listOf(first));
    return type === "object" ? groupField(json) : json;
  }

  /** A list of choices, of texts or of numbers. */
  function listField(json: AnswerField, first: unknown[]): AnswerField {
    const { found } = resolved(json.rules.items, schema);
    const list = listed(found);
    const entry = list?.rules ?? found;
    if (!entry || Object.keys(entry).some((name) => FOREIGN.test(name))) return json;
    if (list) {
      const { choices } = list;
      if (choices.length > left) return json;
      left -= choices.length;
      const chosen = first.map((value) => numberOf(choices, value)).filter((at) => at >= 0);
      return { ...json, kind: "choices", choices, entry, initial: chosen.join() };
    }
    if (!/^(string|number|integer)$/.test(textOf(entry.type))) return json;
    return {
      ...json,
      kind: "lines",
      entry,
      initial: first.map((item) => textOf(item) || jsonOf(item)).join("\n"),
    };
  }

  /** The fields of an object; deeper objects are edited as JSON. */
  function groupField(json: AnswerField): AnswerField {
    const { properties, required } = json.rules;
    const names = isObject(properties) ? Object.keys(properties) : [];
    const needed = listOf(required);
    const known = needed.every((name) => names.includes(name as string));
    if (!names.length || names.length > left || !known || json.path.length > 1) return json;
    const fields = names.map((name) =>
      fieldOf(ownValue(properties, name), [...json.path, name], needed.includes(name)),
    );
    return { ...json, kind: "group", fields };
  }

  if (!schema || Object.keys(schema).every((name) => WORDS.test(name))) {
    if (/^(tool_call|confirmation)$/.test(reason ?? "")) return { approval: "", root: null };
    return { approval: null, root: fieldOf({ ...schema, type: "string", format: "textarea" }, [], true) };
  }
  const root = fieldOf(schema, [], true);
  if (root.kind === "boolean") return { approval: "", root: null };
  const others = root.fields.filter(({ kind, path: [name] }) => kind !== "boolean" || name !== "approved");
  if (others.length === root.fields.length) return { approval: null, root };
  return { approval: "approved", root: others.length ? { ...root, fields: others } : null };
}

const numberOf = (choices: readonly Choice[], wanted: unknown): number =>
  choices.findIndex(([, value]) => jsonOf(value) === jsonOf(wanted));

const isFilled = (field: AnswerField, typed: Typed): boolean =>
  field.kind === "group"
    ? field.fields.some((inner) => isFilled(inner, typed))
    : contentOf(field, typed).trim() !== "";

/** The payload from what was typed; `approved` is the answer to an approval. */
export function answerOf({ approval, root }: AnswerForm, typed: Typed, approved: boolean): CheckedAnswer {
  const problems = new Map<string, string>();
  const payload = root ? fieldValue(root, typed, problems) : {};
  if (approval === null) return { payload, problems };
  return { payload: approval ? { [approval]: approved, ...(payload as object) } : approved, problems };
}

/** The value of a field, `undefined` for none. */
function fieldValue(field: AnswerField, typed: Typed, problems: Map<string, string>): unknown {
  const { kind, required, nullable, choices, fields, rules, entry } = field;
  const content = contentOf(field, typed);
  const problem = (text: string) => {
    if (text) problems.set(fieldId(field), text);
  };
  if (kind === "boolean") return content === "on";
  if (!isFilled(field, typed)) {
    if (!required) return undefined;
    if (nullable) return null;
    if (kind !== "group" && kind !== "choices" && kind !== "lines") {
      problem("is required");
      return undefined;
    }
  }
  if (kind === "group") {
    const values = fields.map((inner) => [inner.path.at(-1), fieldValue(inner, typed, problems)]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }
  let value: unknown = content;
  if (kind === "choice") value = choices[Number(content)]?.[1];
  else if (kind === "number") value = Number(content);
  else if (kind === "choices")
    value = content ? content.split(",").map((number) => choices[Number(number)]?.[1]) : [];
  else if (kind === "lines") {
    const lines = content.split("\n").filter((line) => line.trim());
    value = lines.map((line) => (entry.type === "string" ? line.trim() : Number(line)));
  } else if (kind === "json") {
    try {
      value = JSON.parse(content);
    } catch (error) {
      problem(`is not valid JSON: ${(error as Error).message}`);
      return undefined;
    }
  }
  problem((value === null && nullable ? "" : broken(rules, value)) || brokenEntry(entry, value));
  return value;
}

function brokenEntry(rules: Schema, value: unknown): string {
  const found = listOf(value).map((item) => broken(rules, item));
  const at = found.findIndex(Boolean);
  return at < 0 ? "" : `entry ${at + 1} ${found[at]}`;
}

const TYPES: readonly (readonly [type: unknown, words: string, is: (value: unknown) => boolean])[] = [
  ["string", "a text", (value) => typeof value === "string"],
  ["number", "a number, such as 3.5", Number.isFinite],
  ["integer", "a whole number", Number.isSafeInteger],
  ["boolean", "true or false", (value) => typeof value === "boolean"],
  ["array", "a list", Array.isArray],
  ["object", "an object", isObject],
];

/** A limit; without a valid one NaN, which no value exceeds. */
const limitOf = (rules: Schema, name: string): number => {
  const limit = ownValue(rules, name);
  return typeof limit === "number" ? limit : Number.NaN;
};

/** The first rule that a value breaks, as "must be at least 3", or `""`. */
function broken(rules: Schema, value: unknown): string {
  const types = TYPES.filter(([type]) => [rules.type].flat().includes(type));
  if (types.length && !types.some(([, , is]) => is(value)))
    return `must be ${types.map(([, words]) => words).join(" or ")}`;
  const limit = (name: string) => limitOf(rules, name);
  if (typeof value === "number") {
    if (value < limit("minimum")) return `must be at least ${limit("minimum")}`;
    if (value > limit("maximum")) return `must be at most ${limit("maximum")}`;
    if (value <= limit("exclusiveMinimum")) return `must be more than ${limit("exclusiveMinimum")}`;
    if (value >= limit("exclusiveMaximum")) return `must be less than ${limit("exclusiveMaximum")}`;
    const times = value / limit("multipleOf");
    return Math.abs(times - Math.round(times)) > 1e-9 ? `must be a multiple of ${limit("multipleOf")}` : "";
  }
  const isList = Array.isArray(value);
  if (typeof value !== "string" && !isList) return "";
  const [size, of] = isList ? [value.length, "Items"] : [[...value].length, "Length"];
  const inWords = (name: string) =>
    isList ? plural(limit(name), "entry", "entries") : plural(limit(name), "character");
  if (size < limit(`min${of}`)) return `must have at least ${inWords(`min${of}`)}`;
  if (size > limit(`max${of}`)) return `must have at most ${inWords(`max${of}`)}`;
  const isRepeated = isList && new Set(value.map(jsonOf)).size < size;
  return isRepeated && rules.uniqueItems === true ? "must have no entry twice" : "";
}
