// Problems in the brand, and the fields that they are in. Pure.

import type { WireProblem } from "../../kernel/wire";

/** The problem is in the brand. */
export const ofBrand = ({ field }: WireProblem): boolean => /^brand\b/.test(field);

/** The path of a field in a location such as "brand.tone.avoid[0][12:20]": "tone.avoid.0". */
export const fieldPath = (location: string): string =>
  location
    .replace(/^brand\.?/, "")
    .replace(/\[(\d+)\]/g, ".$1")
    .replace(/\[.*/, "");
