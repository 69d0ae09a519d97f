// The findings on the text of a brand. Pure.

import type { BrandFinding, CheckedBrand, WireProblem } from "../../kernel/wire";
import { objectProblem } from "../json-problem";
import { brandOf, valueAt } from "./values";

/** The problem is in the brand. */
export const ofBrand = ({ field }: WireProblem): boolean => /^brand\b/.test(field);

/** The syntax problem of the brand's text. An empty text is valid. */
export const brandProblem = (text: string): string => (text.trim() ? objectProblem(text) : "");

interface Checked {
  brand: string;
  report: CheckedBrand;
}

/** What is known of a text: its syntax problem, or the findings on values that did not change since the check. */
export function findings(
  text: string,
  refused: readonly WireProblem[],
  checked: Checked | null,
): BrandFinding[] {
  const broken = brandProblem(text);
  if (broken) return [{ tone: "error", path: "", message: broken }];
  if (checked?.brand !== text && refused.some(ofBrand))
    return refused.filter(ofBrand).map(({ field, message }) => ({
      tone: "error",
      path: field.replace(/^brand\.?/, ""),
      message,
    }));
  if (!checked || !text.trim()) return [];
  const [before, now] = [checked.brand, text].map(brandOf);
  return checked.report.findings.filter(({ path }) => {
    const steps = path.split(".");
    return path
      ? JSON.stringify(valueAt(before, steps)) === JSON.stringify(valueAt(now, steps))
      : checked.brand === text;
  });
}
