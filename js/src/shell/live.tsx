// The module that the kernel sends as the part "desk".

import { Failure } from "../panes/pane";
import { MEANINGS } from "../panes/routing/meanings";
import { earlierLedger, earlierRouting } from "../panes/row-pages";
import { follow } from "../panes/timeline/follow";
import { Form } from "./form";
import styles from "./live.css?inline";
import type { DeskPart } from "./live-types";
import { Menus } from "./menus";
import { Retry } from "./retry";
import { Splitters } from "./splitters";
import { Asked, Reason } from "./status";

const desk: DeskPart = {
  Form,
  Menus,
  Reason,
  Asked,
  Retry,
  Failure,
  Splitters,
  MEANINGS,
  follow,
  earlierRouting,
  earlierLedger,
  styles,
};

export default desk;
