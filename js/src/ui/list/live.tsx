// The module that the kernel sends as the part "lists".

import type { ListsPart } from "./live-types";
import { drive } from "./virtual";
import styles from "./virtual.css?inline";

const lists: ListsPart = { drive, styles };

export default lists;
