// The module that the kernel sends as the part "search".

import styles from "./live.css?inline";
import type { SearchPart } from "./live-types";
import { createSearch } from "./search";

const search: SearchPart = { createSearch, styles };

export default search;
