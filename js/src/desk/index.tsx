// The module that the kernel sends as the part "desk".

import { Failure } from "../ui/bits";
import styles from "./desk.css?inline";
import { earlierLedger, earlierRouting } from "./earlier";
import { follow } from "./follow";
import { Form } from "./form";
import { MEANINGS } from "./meanings";
import { Menus } from "./menus";
import type { DeskPart } from "./part";
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
