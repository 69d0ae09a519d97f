// A JSON value as a tree that can be folded. Everything is drawn as text.

import { count } from "./format";
import { DOWN, Icon, RIGHT } from "./icons";

/** So many parts of an object or a list are drawn, until the person requests more. */
const PARTS = 100;

/** Which parts are unfolded, by their path, and how many parts of each are drawn. */
export interface Unfolded {
  readonly parts: Readonly<Record<string, number>>;
  set(parts: Record<string, number>): void;
}

interface Props {
  value: unknown;
  unfolded: Unfolded;
  name?: string;
  path?: string;
}

export function JsonTree({ value, unfolded, name, path = "$" }: Props) {
  const label = name !== undefined && <span class="dim">{name}: </span>;
  if (typeof value !== "object" || value === null)
    return (
      <div class="json">
        {label}
        {JSON.stringify(value)}
      </div>
    );
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const drawn = unfolded.parts[path] ?? (path === "$" ? PARTS : 0);
  const change = (parts: number) => unfolded.set({ ...unfolded.parts, [path]: parts });
  return (
    <div class="json">
      <button aria-expanded={drawn > 0} onclick={() => change(drawn ? 0 : PARTS)}>
        <Icon d={drawn ? DOWN : RIGHT} />
        {label}
        <span class="dim">{isList ? `[${count(entries.length)}]` : `{${count(entries.length)}}`}</span>
      </button>
      {entries.slice(0, drawn).map(([key, part]) => (
        <JsonTree
          key={key}
          value={part}
          unfolded={unfolded}
          name={key}
          path={`${path}.${JSON.stringify(key)}`}
        />
      ))}
      {drawn > 0 && drawn < entries.length && (
        <button class="link" onclick={() => change(drawn + PARTS)}>
          {count(entries.length - drawn)} more
        </button>
      )}
    </div>
  );
}
