// Takes the tags out of a stream of HTML that act without any script: `<meta>` can navigate by a
// refresh, `<link>` can look up hosts, `<template>` can hide links from the click handler in a closed
// shadow root. They become elements without any effect. `<basefont>` keeps the parser where it is:
// like the two it stands for, it is allowed in the head and has no end tag.

const TAGS = /<(\/?)(?:meta|link|(template))(?=[\t\n\f\r />])/gi;
/** The end of a chunk that may be the beginning of such a tag. */
const PARTIAL = /<\/?[a-z]{0,8}$/i;

/** Feed it chunks cut anywhere, the last one as `last`: what it gives does not depend on the cuts. */
export function createNeutraliser(): (chunk: string, last: boolean) => string {
  let held = "";
  return (chunk, last) => {
    const text = held + chunk;
    held = (!last && PARTIAL.exec(text)?.[0]) || "";
    return text
      .slice(0, text.length - held.length)
      .replace(
        TAGS,
        (_, slash: string, template?: string) => `<${slash}${template ? "x-template" : "basefont"}`,
      );
  };
}
