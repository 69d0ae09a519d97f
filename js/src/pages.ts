// The module `pages.js`, which the kernel sends when a person first opens something of it: the home page, the
// dialogs of the history, of the brand and of the options, and a page whose scripts run. `live.js` must not import from here.

import styles from "./pages.css?inline";
import type { CreatePages } from "./pages-types";
import { guard } from "./panes/artifacts/preview/script-supervisor";
import { createShellPages } from "./shell/pages";

const createPages: CreatePages = (app, parts) => ({ ...createShellPages(app, parts), guard, styles });

export default createPages;
