// The module `extras.js`, which the kernel sends when a person first opens the sheet of keys or the export menu, or
// when a long run ends and the person has chosen a sound or a notice. `live.js` must not import from here.

import styles from "./extras.css?inline";
import { announce } from "./shell/announce";
import { ExportItems } from "./shell/export-items";
import type { Extras } from "./shell/extras-types";
import { KeySheet } from "./shell/key-sheet";

const extras: Extras = { ExportItems, KeySheet, announce, styles };

export default extras;
