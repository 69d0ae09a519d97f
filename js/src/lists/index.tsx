// The module that the kernel sends as the part "lists".

import { drive } from "./drive";
import styles from "./lists.css?inline";
import type { ListsPart } from "./part";

const lists: ListsPart = { drive, styles };

export default lists;
