// Replaces the tags in HTML that act without any script, and before a policy is checked, by elements without
// effect.
//
// `<meta>` can navigate by a refresh, and `<link>` can look up hosts. The policy blocks `<base>`, but the
// browser reports that in its console, again and again while a page is written. They become `<basefont>`,
// which keeps the state of the parser: like them it is allowed in the head and has no end tag. The policy
// blocks a frame, but only after a connection to its host; and its `srcdoc`, in which tags are encoded and
// not visible here, can contain a refresh or a link. `<template>` can hide links from the click handler in a
// closed shadow root.

const TAGS = /<(\/?)(?:meta|link|base|(i?frame|fencedframe)|(template))(?=[\t\n\f\r />])/gi;
/** The end of a chunk that can be the start of such a tag. */
const PARTIAL = /<\/?[a-z]{0,11}$/i;

/** Takes chunks in order, the final chunk as `last`; the result does not depend on where the text is cut. */
export function createNeutraliser(): (chunk: string, last: boolean) => string {
  let held = "";
  return (chunk, last) => {
    const text = held + chunk;
    held = (!last && PARTIAL.exec(text)?.[0]) || "";
    return neutralised(text.slice(0, text.length - held.length));
  };
}

/** The same for a complete text. */
export const neutralised = (text: string): string =>
  text.replace(
    TAGS,
    (_, slash: string, frame?: string, template?: string) =>
      `<${slash}${frame ? "x-frame" : template ? "x-template hidden" : "basefont"}`,
  );
