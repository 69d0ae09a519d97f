// A page that a model wrote as a Markdown code block is the page. `artifacts/notebook_output.py` does the same.

// The counts have a bound, since the text is that of a worker: without one a run of fences or spaces takes hours.
const FENCE = /^\s{0,99}(`{3,9}|~{3,9})[^\n`]{0,99}\n(?=\s{0,99}<)/;
const MAY_BE_FENCE = /^\s{0,99}(?:`{0,9}|~{0,9}|(?:`{3,9}|~{3,9})[^\n`]{0,99}\n?\s{0,99})$/;
const END = /\n[ \t]*(?:`{3,}|~{3,})\s*$/;

/** The chunks of a page without the code fence around it; `done` if they are all of its text. */
export function unfenced(chunks: readonly string[], done = false): readonly string[] {
  let head = "";
  for (const [at, chunk] of chunks.entries()) {
    head += chunk;
    const fence = FENCE.exec(head);
    if (fence) {
      const rest = [
        ...chunks.slice(0, at).map(() => ""),
        head.slice(fence[0].length),
        ...chunks.slice(at + 1),
      ];
      return done ? [rest.join("").replace(END, "\n")] : rest;
    }
    if (!MAY_BE_FENCE.test(head)) return chunks;
  }
  return done ? chunks : chunks.map(() => "");
}
