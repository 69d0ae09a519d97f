import { expect, it } from "vitest";
import { objectProblem } from "../src/shell/json-problem";

it.each([
  ['{"a": 1}', ""],
  [' {"a": [1, -2.5e3, true, null, {"b": "\\u00e9\\n"}]} ', ""],
  ["{}", ""],
  ["[1]", "Line 1, column 1: expected an object in { }"],
  ["null", "Line 1, column 1: expected an object in { }"],
  ['{\n  "a": 1,\n  b: 2\n}', "Line 3, column 3: expected a name in double quotes"],
  ['{\n  "a": 1\n  "b": 2\n}', "Line 3, column 3: expected , or }"],
  ['{"a" 1}', "Line 1, column 6: expected : after the name"],
  ['{"a": x}', "Line 1, column 7: expected a value"],
  ['{"a": "b}', "Line 1, column 7: this text is not closed properly"],
  ['{"a": [1, 2}', "Line 1, column 12: expected , or ]"],
  ['{"a": 1,}', "Line 1, column 9: expected a name in double quotes"],
  ['{"a": 01}', "Line 1, column 8: expected , or }"],
  ['{"a": 1} b', "Line 1, column 10: unexpected text after the end"],
  ['{"a": 1', "Line 1, column 8: the text ends here, expected , or }"],
])("%j", (text, problem) => {
  expect(objectProblem(text)).toBe(problem);
});
