import { describe, expect, it } from "vitest";
import { candidatesOf, hasScores } from "../src/panes/routing/candidates";
import { leadOf } from "../src/panes/routing/explanation";
import { random, routingRow } from "./samples";

const decision = (score: number | null, ...others: [agent: string, score: number | null][]) => ({
  ...routingRow(1),
  agent: "copywriter_agent",
  score,
  alternatives: others.map(([agent, score]) => ({ agent, score, reason: `why not ${agent}` })),
});

describe("the candidates of a routing decision", () => {
  it("begin with the chosen agent; the others follow by score, those without a score last", () => {
    const row = decision(0.74, ["ux_agent", null], ["researcher_agent", 0.5], ["scout", 0.62]);
    expect(candidatesOf(row).map(({ agent, won }) => [agent, won])).toEqual([
      ["Copywriter", true],
      ["Scout", false],
      ["Researcher", false],
      ["UX", false],
    ]);
    expect(candidatesOf(row)[1]?.reason).toBe("why not scout");
  });

  it("have a chosen agent whatever a server sends", () => {
    expect(candidatesOf({ ...decision(null), agent: null })[0]).toMatchObject({
      agent: "No agent named",
      won: true,
    });
    for (let seed = 1; seed < 200; seed += 1) {
      const next = random(seed);
      const others = Array.from({ length: Math.floor(next() * 6) }, (_, k): [string, number | null] => [
        `a${k}`,
        next() < 0.3 ? null : next(),
      ]);
      const all = candidatesOf(decision(next() < 0.3 ? null : next(), ...others));
      expect(all.filter(({ won }) => won)).toHaveLength(1);
      expect(all[0]?.won).toBe(true);
      const scores = all.slice(1).map(({ score }) => score ?? -1);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(leadOf(all)).toMatch(/^$|ahead of|level with|only candidate/);
    }
  });

  it.each([
    [decision(0.74, ["researcher_agent", 0.62], ["scout", 0.5]), "12 points ahead of Researcher"],
    [decision(0.74, ["scout", 0.73]), "1 point ahead of Scout"],
    [decision(0.74, ["scout", 0.738]), "level with Scout"],
    // It scored more, and was excluded.
    [decision(0.74, ["writer_agent", 0.9], ["scout", 0.7]), "4 points ahead of Scout"],
    [decision(0.74), "the only candidate"],
    [decision(0.74, ["writer_agent", 0.9]), ""],
    [decision(null, ["scout", 0.7]), ""],
    [decision(null, ["scout", null]), ""],
  ])("have a lead that is stated in words (%#)", (row, words) =>
    expect(leadOf(candidatesOf(row))).toBe(words),
  );

  it("may have no scores: real servers send names", () => {
    expect(hasScores(candidatesOf(decision(null, ["scout", null])))).toBe(false);
    expect(hasScores(candidatesOf(decision(0.1, ["scout", null])))).toBe(true);
  });
});
