import { describe, expect, it } from "vitest";
import { type AnswerField, answerForm, answerOf, fieldId } from "../src/shell/waiting/answer-form";

type Schema = Record<string, unknown>;

const fieldsOf = (field: AnswerField | null): AnswerField[] =>
  field ? [field, ...field.fields.flatMap(fieldsOf)] : [];
const rootOf = (schema: Schema | null, reason: string | null = null) =>
  answerForm(schema, reason).root as AnswerField;
const kindOf = (schema: Schema) => rootOf({ type: "object", properties: { it: schema } }).fields[0]?.kind;
const idOf = (...path: string[]) => JSON.stringify(path);
const typed = (values: Record<string, string>) =>
  new Map(
    Object.entries(values).map(([path, text]) => [JSON.stringify(path.split("/").filter(Boolean)), text]),
  );
/** The payload, or the problems by the paths of their fields. */
function answer(schema: Schema | null, values: Record<string, string>, reason: string | null = null) {
  const { payload, problems } = answerOf(answerForm(schema, reason), typed(values), true);
  return problems.size
    ? Object.fromEntries([...problems].map(([id, text]) => [JSON.parse(id).join("/"), text]))
    : payload;
}

/** A second reading of JSON schema, for what the forms are made of. */
function meets(schema: unknown, value: unknown, root: unknown = schema): boolean {
  if (typeof schema === "boolean") return schema;
  const rules = schema as Schema;
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const is: Record<string, boolean> = {
    string: typeof value === "string",
    number: typeof value === "number",
    integer: Number.isInteger(value),
    boolean: typeof value === "boolean",
    array: Array.isArray(value),
    object: typeof value === "object" && value !== null && !Array.isArray(value),
    null: value === null,
  };
  const limits = (size: number, low: string, high: string) =>
    !(size < (rules[low] as number)) && !(size > (rules[high] as number));
  if (rules.type !== undefined && ![rules.type].flat().some((type) => is[type as string])) return false;
  if (rules.enum && !(rules.enum as unknown[]).some((item) => same(item, value))) return false;
  if ("const" in rules && !same(rules.const, value)) return false;
  if (typeof value === "string" && !limits([...value].length, "minLength", "maxLength")) return false;
  if (typeof value === "number") {
    if (!limits(value, "minimum", "maximum")) return false;
    if (value <= (rules.exclusiveMinimum as number) || value >= (rules.exclusiveMaximum as number))
      return false;
    if (rules.multipleOf && Math.abs((value / (rules.multipleOf as number)) % 1) > 1e-9) return false;
  }
  if (Array.isArray(value)) {
    if (!limits(value.length, "minItems", "maxItems")) return false;
    if (rules.uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length)
      return false;
    if (rules.items && !value.every((item) => meets(rules.items, item, root))) return false;
  } else if (is.object) {
    const object = value as Schema;
    const properties = (rules.properties ?? {}) as Schema;
    if (!((rules.required ?? []) as string[]).every((name) => name in object)) return false;
    for (const [name, item] of Object.entries(object))
      if (!meets(properties[name] ?? rules.additionalProperties ?? true, item, root)) return false;
  }
  const parts = (name: string) =>
    (rules[name] as unknown[] | undefined)?.filter((part) => meets(part, value, root));
  if (rules.allOf && parts("allOf")?.length !== (rules.allOf as unknown[]).length) return false;
  if (rules.anyOf && !parts("anyOf")?.length) return false;
  if (rules.oneOf && parts("oneOf")?.length !== 1) return false;
  if (rules.not && meets(rules.not, value, root)) return false;
  if (typeof rules.$ref === "string") {
    const names = rules.$ref.split("/").slice(1);
    return meets(
      names.reduce((at, name) => (at as Schema)[name], root),
      value,
      root,
    );
  }
  return true;
}

describe("the control of a field", () => {
  it.each<[string, Schema]>([
    ["text", { type: "string" }],
    ["text", { type: "string", minLength: 2, maxLength: 40, pattern: "^[A-Z]", format: "email" }],
    ["paragraph", { type: "string", maxLength: 5000 }],
    ["paragraph", { type: "string", default: "two\nlines" }],
    ["number", { type: "number", minimum: 0 }],
    ["number", { type: "integer" }],
    ["boolean", { type: "boolean" }],
    ["choice", { enum: ["a", 2, null] }],
    ["choice", { type: "string", enum: ["a", "b"] }],
    ["choice", { oneOf: [{ const: "a", title: "A" }, { const: "b" }] }],
    ["choice", { anyOf: [{ const: 1, title: "One" }, { const: 2 }] }],
    ["choice", { const: "yes" }],
    ["lines", { type: "array", items: { type: "string" } }],
    ["lines", { type: "array", items: { type: "integer" } }],
    ["choices", { type: "array", items: { enum: ["a", "b"] } }],
    ["choices", { type: "array", items: { oneOf: [{ const: "a" }, { const: "b" }] } }],
    ["group", { type: "object", properties: { street: { type: "string" } } }],
    ["text", { anyOf: [{ type: "string" }, { type: "null" }] }],
    ["text", { type: ["string", "null"] }],
    ["number", { allOf: [{ type: "number" }], description: "D" }],
    ["json", { type: "object" }],
    ["json", { type: "array" }],
    ["json", { type: "array", items: { type: "object" } }],
    ["json", { type: ["string", "number"] }],
    ["json", { anyOf: [{ type: "string" }, { type: "number" }] }],
    ["json", { type: "string", not: { const: "a" } }],
    ["json", { type: "array", items: { type: "string" }, contains: { const: "a" } }],
    ["json", { enum: ["a"], anyOf: [{ const: "a" }] }],
    ["json", { oneOf: [{ const: "a" }, { const: "a" }] }],
    ["json", { type: "object", properties: { a: {} }, required: ["b"] }],
    ["json", { type: "string", anyOf: [{ minLength: 2 }, { type: "null" }] }],
    ["json", {}],
  ])("is %s for %j", (kind, schema) => {
    expect(kindOf(schema)).toBe(kind);
  });

  it("has the title, the description and the default of the schema, also behind a reference", () => {
    const root = rootOf({
      $ref: "#/$defs/Trip",
      $defs: {
        Trip: {
          type: "object",
          required: ["season"],
          properties: {
            season: { $ref: "#/$defs/Season", title: "When", description: "One of four.", default: "summer" },
            home_town: { type: "string" },
          },
        },
        Season: { enum: ["winter", "summer"], title: "Season" },
      },
    });
    expect(root.fields.map(({ label }) => label)).toEqual(["When", "Home Town"]);
    expect(root.fields[0]).toMatchObject({
      kind: "choice",
      help: "One of four.",
      initial: "1",
      required: true,
    });
  });

  it("is one of several lines for an answer without a schema", () => {
    for (const schema of [null, {}, { title: "T" }])
      expect(rootOf(schema)).toMatchObject({ kind: "paragraph", path: [] });
    expect(answer(null, { "": "as you like" })).toBe("as you like");
  });
});

describe("an approval", () => {
  it.each<[string, Schema | null, string | null]>([
    ["a tool call without a schema", null, "tool_call"],
    ["a confirmation", {}, "confirmation"],
    ["a boolean", { type: "boolean" }, "question"],
  ])("is asked for by %s", (_, schema, reason) => {
    const form = answerForm(schema, reason);
    expect(form).toEqual({ approval: "", root: null });
    expect(answerOf(form, new Map(), false).payload).toBe(false);
  });

  it("is the object that the schema names, with what else was typed", () => {
    const schema = {
      type: "object",
      required: ["approved"],
      properties: {
        approved: { type: "boolean" },
        editedArgs: { type: "object" },
        reason: { type: "string" },
      },
    };
    const form = answerForm(schema, "tool_call");
    expect(form.root?.fields.map(({ kind }) => kind)).toEqual(["json", "text"]);
    expect(answerOf(form, new Map(), true).payload).toEqual({ approved: true });
    const answered = answerOf(form, typed({ reason: "Not today", editedArgs: '{"city": "Bern"}' }), false);
    expect(answered.payload).toEqual({ approved: false, reason: "Not today", editedArgs: { city: "Bern" } });
    const { approved } = schema.properties;
    expect(answerForm({ type: "object", properties: { approved } }, null)).toEqual({
      approval: "approved",
      root: null,
    });
  });

  it("is none where something else is asked", () => {
    expect(answerForm({ type: "string" }, "tool_call").approval).toBeNull();
    expect(answerForm(null, "input_required").approval).toBeNull();
  });
});

describe("the payload", () => {
  const TRIP = {
    type: "object",
    required: ["city", "days"],
    properties: {
      city: { type: "string", minLength: 2, maxLength: 5 },
      days: { type: "integer", minimum: 1, maximum: 9 },
      price: { type: "number", exclusiveMinimum: 0, multipleOf: 0.5 },
      tags: { type: "array", items: { type: "string", maxLength: 3 }, maxItems: 2, uniqueItems: true },
      home: {
        type: "object",
        required: ["street"],
        properties: { street: { type: "string" }, no: { type: "integer" } },
      },
      more: { type: "object" },
    },
  };

  it("has the values of the fields, and leaves out what is empty and optional", () => {
    expect(answer(TRIP, { city: "Bern", days: "3" })).toEqual({ city: "Bern", days: 3 });
    const all = {
      city: "Bern",
      days: "3",
      price: "1.5",
      tags: "a\n\n b ",
      "home/street": "S",
      more: '{"a":[1]}',
    };
    expect(answer(TRIP, all)).toEqual({
      city: "Bern",
      days: 3,
      price: 1.5,
      tags: ["a", "b"],
      home: { street: "S" },
      more: { a: [1] },
    });
  });

  it.each<[Record<string, string>, Record<string, string>]>([
    [{}, { city: "is required", days: "is required" }],
    [{ city: "B" }, { city: "must have at least 2 characters", days: "is required" }],
    [{ city: "Berlin", days: "1" }, { city: "must have at most 5 characters" }],
    [{ city: "Bern", days: "0" }, { days: "must be at least 1" }],
    [{ city: "Bern", days: "10" }, { days: "must be at most 9" }],
    [{ city: "Bern", days: "1.5" }, { days: "must be a whole number" }],
    [{ city: "Bern", days: "many" }, { days: "must be a whole number" }],
    [{ city: "Bern", days: "9007199254740993" }, { days: "must be a whole number" }],
    [{ city: "Bern", days: "1", price: "0" }, { price: "must be more than 0" }],
    [{ city: "Bern", days: "1", price: "0.7" }, { price: "must be a multiple of 0.5" }],
    [{ city: "Bern", days: "1", price: "1e999" }, { price: "must be a number, such as 3.5" }],
    [{ city: "Bern", days: "1", tags: "a\nlong" }, { tags: "entry 2 must have at most 3 characters" }],
    [{ city: "Bern", days: "1", tags: "a\na" }, { tags: "must have no entry twice" }],
    [{ city: "Bern", days: "1", tags: "a\nb\nc" }, { tags: "must have at most 2 entries" }],
    [{ city: "Bern", days: "1", "home/no": "4" }, { "home/street": "is required" }],
    [{ city: "Bern", days: "1", more: "[]" }, { more: "must be an object" }],
  ])("is refused at the field: %j", (values, problems) => {
    expect(answer(TRIP, values)).toEqual(problems);
  });

  it("is checked as JSON where it is written as JSON", () => {
    const { payload: _, problems } = answerOf(
      answerForm({ type: "array" }, null),
      new Map([[idOf(), "[1,"]]),
      true,
    );
    expect(problems.get(idOf())).toMatch(/^is not valid JSON: /);
    expect(answer({ type: "array" }, { "": "[1, {}]" })).toEqual([1, {}]);
  });

  it("is null for an empty field that must have a value and may be null", () => {
    const properties = { note: { anyOf: [{ type: "string" }, { type: "null" }] } };
    expect(answer({ type: "object", properties, required: ["note"] }, {})).toEqual({ note: null });
    expect(answer({ type: "object", properties }, {})).toEqual({});
  });

  it("keeps names that objects have by themselves", () => {
    const schema = JSON.parse(
      '{"type":"object","required":["__proto__"],"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}',
    );
    const values = new Map([
      [idOf("__proto__"), "a"],
      [idOf("constructor"), "b"],
    ]);
    const { payload } = answerOf(answerForm(schema, null), values, true);
    expect(JSON.stringify(payload)).toBe('{"__proto__":"a","constructor":"b"}');
  });
});

/** The same numbers in every run of the tests. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const some = <Item>(items: readonly Item[], next: (below: number) => number): Item =>
  items[next(items.length)] as Item;

function anySchema(next: (below: number) => number, depth = 0): Schema {
  const kind = next(depth > 2 ? 7 : 11);
  const limit = () => next(6);
  const basic: Schema[] = [
    { type: "string", minLength: limit(), ...(next(2) && { maxLength: 3 + limit() }) },
    { type: "number", minimum: limit(), ...(next(2) && { exclusiveMaximum: 6 + limit() }) },
    { type: "integer", maximum: 3 + limit(), ...(next(3) ? {} : { multipleOf: 2 }) },
    { type: "boolean" },
    { enum: ["a", 1, null, true].slice(0, 1 + next(4)) },
    { oneOf: [{ const: "x", title: "X" }, { const: "y" }] },
    { type: ["string", "null"], ...(next(2) && { maxLength: 4 }) },
  ];
  if (kind < 7)
    return { ...basic[kind], ...(next(3) ? {} : { default: some(["a", 1, true, null, ["a"]], next) }) };
  const inner = () => anySchema(next, depth + 1);
  if (kind === 7)
    return { type: "array", items: inner(), minItems: next(3), ...(next(2) && { uniqueItems: true }) };
  if (kind === 8) return { anyOf: [inner(), { type: "null" }] };
  if (kind === 9) return { allOf: [inner()], title: "T" };
  const names = ["a", "b", "c d", "e.f"].slice(0, 1 + next(4));
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, inner()])),
    required: names.filter(() => next(2)),
    ...(next(4) ? {} : { additionalProperties: false }),
  };
}

describe("whatever the schema is", () => {
  it("every payload meets it", () => {
    const texts = [
      "",
      " ",
      "a",
      "abc",
      "é😀x",
      "0",
      "1",
      "2",
      "4",
      "-3",
      "2.5",
      "7",
      "x\ny",
      "1\n2",
      "0,1",
      "on",
    ];
    const json = ["null", "[]", "{}", '["a"]', "[1]", '{"a":1}', '"a"', "{"];
    let sent = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const next = numbers(seed);
      const schema = anySchema(next);
      const form = answerForm(schema, some([null, "tool_call"], next));
      for (let time = 0; time < 12; time += 1) {
        const values = new Map<string, string>();
        const fields = fieldsOf(form.root);
        for (const field of fields) {
          const { kind, choices } = field;
          const text =
            kind === "json"
              ? some(json, next)
              : kind.startsWith("choice")
                ? some(["", "0", `${choices.length - 1}`], next)
                : some(texts, next);
          if (next(4)) values.set(fieldId(field), text);
        }
        const { payload, problems } = answerOf(form, values, !!next(2));
        // What is written as JSON is checked by the kernel.
        if (problems.size || fields.some(({ kind }) => kind === "json")) continue;
        sent += 1;
        expect(meets(schema, payload), JSON.stringify([schema, payload])).toBe(true);
      }
    }
    expect(sent).toBeGreaterThan(500);
  });

  const nested = (levels: number): Schema =>
    Array.from({ length: levels }).reduce<Schema>(
      (schema) => ({ type: "object", properties: { deeper: schema } }),
      { type: "string" },
    );
  const hostile = '{"toString": 1, "valueOf": 2}';
  const HOSTILE = new Map<string, unknown>([
    ["refers to itself", { $ref: "#" }],
    [
      "refers to a circle",
      { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
    ],
    [
      "is a list of itself",
      { type: "object", properties: { next: { $ref: "#" }, name: { type: "string" } } },
    ],
    ["refers to nothing", { $ref: "#/$defs/none" }],
    ["refers to another server", { $ref: "https://example.com/schema.json" }],
    ["has 10,000 values", { enum: Array.from({ length: 10_000 }, (_, n) => `value ${n}`) }],
    [
      "has lists of 10,000 values",
      { type: "array", items: { enum: Array.from({ length: 10_000 }, (_, n) => n) } },
    ],
    [
      "has 10,000 fields",
      {
        type: "object",
        properties: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, {}])),
      },
    ],
    [
      "has many fields with many values",
      {
        type: "object",
        properties: Object.fromEntries(
          Array.from({ length: 200 }, (_, n) => [
            `f${n}`,
            { enum: Array.from({ length: 200 }, (_, m) => m) },
          ]),
        ),
      },
    ],
    ["is 2,000 levels deep", nested(2_000)],
    [
      "has a default of 20,000 levels",
      { type: "string", default: JSON.parse("[".repeat(20_000) + "]".repeat(20_000)) },
    ],
    ["has no keyword of its type", { type: 7, properties: "a", required: 3, enum: "b", anyOf: {}, $ref: [] }],
    [
      "has objects in place of texts",
      JSON.parse(`{"type": "object", "required": [${hostile}], "properties":
      {"a": {"type": ${hostile}, "title": ${hostile}, "maxLength": ${hostile}, "format": ${hostile}},
       "b": {"type": "array", "items": {"type": ${hostile}}, "default": [${hostile}]},
       "c": {"type": "array", "items": {"type": "string"}, "default": [${hostile}]},
       "d": {"enum": [${hostile}], "default": ${hostile}}, "e": {"type": "integer", "minimum": ${hostile}}}}`),
    ],
    [
      "has null everywhere",
      { type: null, properties: null, items: null, enum: null, default: null, title: null },
    ],
    ["has names of objects' own", { type: "constructor", $ref: "#/constructor/prototype" }],
    ["has a pattern that never ends", { type: "string", pattern: "^(a+)+$" }],
    [
      "has a title of a million characters",
      { type: "string", title: "x".repeat(1e6), description: "y".repeat(1e6) },
    ],
  ]);
  it.each([...HOSTILE.keys()])("a form is bounded and nothing throws: it %s", (name) => {
    const schema = HOSTILE.get(name);
    for (const reason of [null, "tool_call"]) {
      const form = answerForm(schema as Schema, reason);
      const fields = fieldsOf(form.root);
      expect(
        fields.length + fields.reduce((sum, { choices }) => sum + choices.length, 0),
      ).toBeLessThanOrEqual(601);
      expect(fields.every(({ label, help }) => label.length + help.length <= 4_001)).toBe(true);
      for (const text of ["", "a", "0", "{}", `${"a".repeat(40)}!`]) {
        const values = new Map(fields.map((field) => [fieldId(field), text]));
        expect(() => answerOf(form, values, true)).not.toThrow();
      }
    }
  });
});
