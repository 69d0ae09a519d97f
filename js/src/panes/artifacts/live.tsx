// The module that the kernel sends as the part "viewer".

import styles from "./live.css?inline";
import type { ViewerPart } from "./live-types";
import { createViewer } from "./presentation";

const viewer: ViewerPart = { createViewer, styles };

export default viewer;
