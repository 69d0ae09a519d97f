import { describe, expect, it } from "vitest";
import { agentName, displayName, shortStageName, stageName } from "../src/state/names";
import { stage } from "./samples";

describe("a display name", () => {
  it.each([
    ["deep_scan", "Deep Scan"],
    ["ux", "UX"],
    ["go-to-market", "Go to Market"],
    ["v2.draft", "V2 Draft"],
    ["langgraph", "LangGraph"],
    ["langchain_openai", "LangChain OpenAI"],
    ["json-to-html", "JSON to HTML"],
    ["call_llm_api", "Call LLM API"],
    ["sql.url.pdf.ai", "SQL URL PDF AI"],
    ["of_us", "Of us"],
    ["x", "X"],
    ["ChatOpenAI", "ChatOpenAI"],
    ["Market Research", "Market Research"],
    ["überblick", "Überblick"],
    ["_", ""],
    ["", ""],
  ])("of the id %j is %j", (id, name) => expect(displayName(id)).toBe(name));

  it.each([
    ["copywriter_agent", "Copywriter"],
    ["ux-agent", "UX"],
    ["ResearchAgent", "ResearchAgent"],
    ["Writer Agent", "Writer"],
    ["agent", "Agent"],
    ["scout", "Scout"],
    [null, ""],
  ])("of the agent %j is %j", (id, name) => expect(agentName(id)).toBe(name));

  const stages = [
    stage("copy", { name: "Copy Generation" }),
    stage("scan_1", { name: "Scan One" }),
    stage("scan_2", { name: "Scan Two" }),
  ];

  it("of a stage is that of the worker, or made from its id", () => {
    expect(["copy", "late_check", null].map((id) => stageName(stages, id))).toEqual([
      "Copy Generation",
      "Late Check",
      "",
    ]);
  });

  it("of a stage is short where its first word is enough", () => {
    expect(["copy", "scan_1", "late_check", null].map((id) => shortStageName(stages, id))).toEqual([
      "Copy",
      "Scan One",
      "Late",
      "",
    ]);
  });
});
