// The module that the kernel sends as the part "search".

import type { SearchPart } from "./part";
import { createSearch } from "./search";
import styles from "./search.css?inline";

const search: SearchPart = { createSearch, styles };

export default search;
