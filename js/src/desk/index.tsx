// The module that the kernel sends as the part "desk".

import styles from "./desk.css?inline";
import { earlierLedger, earlierRouting } from "./earlier";
import { Form } from "./form";
import { Menus } from "./menus";
import type { DeskPart } from "./part";
import { Splitters } from "./splitters";

const desk: DeskPart = { Form, Menus, Splitters, earlierRouting, earlierLedger, styles };

export default desk;
