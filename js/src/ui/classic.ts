// JSX as the bundles call it, which is shorter than the calls of the automatic runtime. The build injects it.

import { type Child, Fragment, jsx } from "./dom";
import type { Props } from "./jsx";

export { Fragment };

export function h(
  // biome-ignore lint/suspicious/noExplicitAny: a component may take any props
  tag: string | ((props: any) => Child),
  props: Props | null,
  ...children: Child[]
): Child {
  const { key, ...rest } = { ...props };
  if (children.length) rest.children = children.length > 1 ? children : children[0];
  return jsx(tag, rest, key as string | undefined);
}
