// The module that the kernel sends as the part "viewer".

import type { ViewerPart } from "./part";
import { createViewer } from "./viewer";
import styles from "./viewer.css?inline";

const viewer: ViewerPart = { createViewer, styles };

export default viewer;
