// Finds the first problem in a JSON text. Browsers describe it in different words, some without a location.

/** The problem that keeps `text` from being a JSON object, with line and column from 1, or `""`. */
export function objectProblem(text: string): string {
  let at = 0;
  let problem = "expected an object in { }";
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return "";
  } catch {
    [at, problem] = firstProblem(text);
  }
  const lines = text.slice(0, at).split("\n");
  return `Line ${lines.length}, column ${(lines[lines.length - 1] ?? "").length + 1}: ${problem}`;
}

const LITERAL = /"([ !#-[\]-\uffff]|\\["\\/bfnrtu])*"|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null/y;

/** Parses `text` up to the first character that is not allowed there. */
function firstProblem(text: string): [at: number, problem: string] {
  let at = 0;
  const fail = (problem: string): never => {
    throw [at, at < text.length ? problem : `the text ends here, ${problem}`];
  };
  /** Consumes the next character if it is `mark`. */
  const next = (mark: string) => {
    while (/\s/.test(text[at] ?? "")) at += 1;
    if (text[at] !== mark) return false;
    at += 1;
    return true;
  };
  const literal = (problem: string) => {
    const pattern = new RegExp(LITERAL);
    pattern.lastIndex = at;
    if (!pattern.test(text)) fail(text[at] === '"' ? "this text is not closed properly" : problem);
    at = pattern.lastIndex;
  };
  const items = (close: string, item: () => void) => {
    if (next(close)) return;
    do item();
    while (next(","));
    if (!next(close)) fail(`expected , or ${close}`);
  };
  const value = (): void => {
    if (next("{")) {
      items("}", () => {
        next("");
        if (text[at] !== '"') fail("expected a name in double quotes");
        literal("");
        if (!next(":")) fail("expected : after the name");
        value();
      });
    } else if (next("[")) items("]", value);
    else literal("expected a value");
  };
  try {
    value();
    next("");
    return [at, "unexpected text after the end"];
  } catch (problem) {
    return problem as [number, string];
  }
}
