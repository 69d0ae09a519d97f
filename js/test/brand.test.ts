import { expect, it } from "vitest";
import { findings } from "../src/shell/brand";

const MISSING = { field: "brand.mission", message: "Field required" };
const REPORT = { valid: false, warnings: [], policy_rules_generated: 0, drift_anchors_count: 0 };

it("shows a problem once, although both the refusal and the check name it", () => {
  const found = findings("{}", [MISSING], { ...REPORT, errors: [MISSING] });
  expect(found).toEqual([{ tone: "error", field: "mission", message: "Field required" }]);
});

it("shows why a start was refused until the brand is checked", () => {
  expect(findings("{}", [MISSING], undefined)).toHaveLength(1);
  expect(findings("{}", [MISSING], { ...REPORT, valid: true, errors: [] })).toMatchObject([{ tone: "ok" }]);
});
