/**
 * The value of a name, or `other` where it is not listed. The name can be a worker's text, so that it can be that
 * of a property which every object has, such as "constructor".
 */
export const lookUp = <Value, Other>(
  values: Readonly<Record<string, Value>>,
  name: string,
  other: Other,
): Value | Other => (Object.hasOwn(values, name) ? (values[name] as Value) : other);
