// Takes the tags out of HTML that act without any script, and before a policy is asked. They become
// elements without effect.
//
// `<meta>` can navigate by a refresh, and `<link>` can look up hosts. `<base>` is refused by the policy, but
// the browser says so in its console, again and again while a page is written. They become `<basefont>`,
// which keeps the parser where it is: like them it is allowed in the head and has no end tag. A frame is
// refused by the policy, but only after its host was connected to; and its `srcdoc`, in which tags are
// encoded and not seen here, can hold a refresh or a link. `<template>` can hide links from the click
// handler in a closed shadow root.

const TAGS = /<(\/?)(?:meta|link|base|(i?frame|fencedframe)|(template))(?=[\t\n\f\r />])/gi;
/** The end of a chunk that may be the beginning of such a tag. */
const PARTIAL = /<\/?[a-z]{0,11}$/i;

/** Feed it chunks cut anywhere, the last one as `last`: what it gives does not depend on the cuts. */
export function createNeutraliser(): (chunk: string, last: boolean) => string {
  let held = "";
  return (chunk, last) => {
    const text = held + chunk;
    held = (!last && PARTIAL.exec(text)?.[0]) || "";
    return neutralised(text.slice(0, text.length - held.length));
  };
}

/** The same for a whole text. */
export const neutralised = (text: string): string =>
  text.replace(
    TAGS,
    (_, slash: string, frame?: string, template?: string) =>
      `<${slash}${frame ? "x-frame" : template ? "x-template hidden" : "basefont"}`,
  );
