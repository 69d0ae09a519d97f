import { expect, it } from "vitest";
import { unfenced } from "../src/panes/artifacts/unfenced";

const PAGE = "<!doctype html>\n<h1>Bread</h1>\n";

it.each([
  ["```html\n", "```"],
  ["\n````html title=x\n", "````\n"],
  ["~~~\n\n", "~~~"],
])("takes the fence %j away wherever the text is cut", (before, after) => {
  const text = before + PAGE + after;
  for (let cut = 0; cut <= text.length; cut++) {
    const chunks = [text.slice(0, cut), text.slice(cut)];
    expect(unfenced(chunks, true).join("").trim()).toBe(PAGE.trim());
    const growing = unfenced(chunks);
    expect(growing).toHaveLength(2);
    expect(growing.join("")).not.toMatch(/^\s*[`~]/);
  }
});

it.each([PAGE, "``x``", "```js\nlet page;\n```", "Text\n```html\n<p>\n```", "", "```"])(
  "leaves %j as it is",
  (text) => {
    expect(unfenced([text], true)).toEqual([text]);
  },
);

it("draws nothing of what may become a fence", () => {
  expect(unfenced(["``", "`ht"])).toEqual(["", ""]);
  expect(unfenced(["``", "<p>"])).toEqual(["``", "<p>"]);
});

it.each([
  ["spaces", `\`\`\`${" ".repeat(2_000_000)}\``],
  ["tildes", "~".repeat(2_000_000)],
  ["tildes and spaces", `${"~".repeat(1_000_000)}\n${" ".repeat(1_000_000)}x`],
  ["empty lines", "\n".repeat(2_000_000)],
  ["fences", `\`\`\`\n<${"\n```".repeat(500_000)}x`],
])("is done with a text of nothing but %s", (_, text) => {
  expect(unfenced([text], true)[0]?.length).toBeGreaterThan(1_000_000);
});
