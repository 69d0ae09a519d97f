import type { BrandFinding } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { fieldPath, ofBrand } from "./problems";

/** What is wrong with the brand in the form: by the last check, or by the refusal of a run. */
export interface Findings {
  readonly found: readonly BrandFinding[];
  /** A check was asked for: required fields without a value are errors. */
  asked: boolean;
}

export function createFindings({ view, operations }: Uses<"view" | "operations">): Findings {
  const findings = {
    asked: false,
    get found(): BrandFinding[] {
      const { brand, checked } = view;
      const refused = operations.errors["run.start"]?.problems.filter(ofBrand) ?? [];
      return checked && (checked.brand === brand || (!refused.length && view.panel === "brand"))
        ? checked.report.findings.filter(({ tone }) => tone !== "missing" || findings.asked || refused.length)
        : refused.map(({ field, message }) => ({ tone: "error", path: fieldPath(field), message }));
    },
  };
  return findings;
}
