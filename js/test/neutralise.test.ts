import { describe, expect, it } from "vitest";
import { createNeutraliser } from "../src/panes/artifacts/preview/neutralise";

function feed(chunks: string[]): string {
  const neutralise = createNeutraliser();
  return chunks.map((chunk) => neutralise(chunk, false)).join("") + neutralise("", true);
}

const CASES: [string, string][] = [
  ['<meta http-equiv="refresh" content="0">', '<basefont http-equiv="refresh" content="0">'],
  ["<META\tname=x>", "<basefont\tname=x>"],
  ["<meta/http-equiv=refresh>", "<basefont/http-equiv=refresh>"],
  ["<meta>", "<basefont>"],
  ['<base href="//x" target=_top>', '<basefont href="//x" target=_top>'],
  ["<BASE>", "<basefont>"],
  ["<basefont size=2>", "<basefont size=2>"],
  ["<link rel=dns-prefetch href=//x>", "<basefont rel=dns-prefetch href=//x>"],
  [
    "<template shadowrootmode=closed>a</template>",
    "<x-template hidden shadowrootmode=closed>a</x-template hidden>",
  ],
  ["<iframe srcdoc='&lt;meta&gt;'></iframe>", "<x-frame srcdoc='&lt;meta&gt;'></x-frame>"],
  ["<FRAME src=//x>", "<x-frame src=//x>"],
  ["<fencedframe>", "<x-frame>"],
  ["<metadata>kept</metadata>", "<metadata>kept</metadata>"],
  ["<links><linked>", "<links><linked>"],
  ["a < b <m <me <met", "a < b <m <me <met"],
  ["<<meta >", "<<basefont >"],
  ["text <meta", "text <meta"],
  ["<p>plain</p>", "<p>plain</p>"],
];

describe("the neutraliser", () => {
  it.each(CASES)("makes of %j %j", (from, to) => {
    expect(feed([from])).toBe(to);
  });

  it("gives the same for every way to cut a document in three", () => {
    const document = CASES.map(([from]) => from).join("\n");
    const expected = feed([document]);
    expect(expected).not.toMatch(/<(meta|link|base|template|i?frame|fencedframe)[\s/>]/i);
    for (let i = 0; i <= document.length; i += 1) {
      for (let k = i; k <= document.length; k += 3) {
        expect(feed([document.slice(0, i), document.slice(i, k), document.slice(k)])).toBe(expected);
      }
    }
  });

  it("gives the same letter by letter", () => {
    for (const [from, to] of CASES) expect(feed(Array.from(from))).toBe(to);
  });
});
