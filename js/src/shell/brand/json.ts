// The brand as JSON text. Pure.

type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The brand in a text; `null` where the text is no JSON object. An empty text is an empty brand. */
export function brandOf(text: string): JsonObject | null {
  try {
    const brand: unknown = JSON.parse(text.trim() || "{}");
    return isObject(brand) ? brand : null;
  } catch {
    return null;
  }
}
