// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from "vitest";
import { SHOWN_LEVELS } from "../src/state/log-rows";
import { loadPreferences, savePreferences } from "../src/state/preferences";

const KEY = "worker-widget";
const NONE_CHOSEN = { 1: {}, 2: {}, 3: {} };
const UNCHANGED = {
  theme: "auto",
  shares: NONE_CHOSEN,
  levels: SHOWN_LEVELS,
  absolute: false,
  wrap: null,
  endSound: false,
  endNotice: false,
};

beforeEach(() => localStorage.clear());

describe("the preferences of a browser", () => {
  it("is what was chosen, and nothing else of what is on screen", () => {
    expect(loadPreferences()).toEqual(UNCHANGED);
    const shares = { ...NONE_CHOSEN, 2: { columns: [0.6] } };
    savePreferences({ theme: "dark", wrap: true, task: "secret" });
    savePreferences({ shares, levels: ["error"], endSound: true });
    const chosen = { theme: "dark", wrap: true, shares, levels: ["error"], endSound: true };
    expect(loadPreferences()).toEqual({ ...UNCHANGED, ...chosen });
    expect(localStorage.getItem(KEY)).not.toContain("secret");
  });

  it.each([
    "no JSON {",
    "null",
    "7",
    '"left"',
    "[1, 2]",
    '{"theme": "pink", "levels": 5, "wrap": "yes", "absolute": 1, "endNotice": "1", "shares": 3}',
    '{"levels": [], "shares": null}',
    '{"levels": ["loud"], "shares": {"left": 0.25, "right": 0.67}}',
    '{"shares": {"3": null, "2": [0.4], "1": {"rows": [0.1, 0.2]}}}',
    '{"shares": {"3": {"columns": [0.7, 0.3], "left": ["0.5"], "centre": {"length": 1}}}}',
    '{"shares": {"3": {"columns": [0.2, 1.4], "left": [0], "centre": [null]}, "2": {"rows": "a"}}}',
  ])("does not break the layout when it is %s", (saved) => {
    localStorage.setItem(KEY, saved);
    expect(loadPreferences()).toEqual(UNCHANGED);
  });

  it("keeps the layouts that are whole", () => {
    const rows = [0.1, 0.3, 0.5, 0.9];
    localStorage.setItem(KEY, JSON.stringify({ shares: { 1: { rows }, 3: { columns: [0.9, 0.1] } } }));
    expect(loadPreferences().shares).toEqual({ ...NONE_CHOSEN, 1: { rows } });
  });
});
