// Mounts a console of a widget: its kernel answers through the model, and sends the code that needs it.

import { createChannel, type Model } from "../kernel/channel";
import { importModule } from "../kernel/live-code";
import { type Mounted, mountConsole } from "./mounting";
import { SHARED } from "./shared";

export const mount = (model: Model, el: HTMLElement): Mounted =>
  mountConsole(
    el,
    (sink) => createChannel(model, sink),
    (code, more = []) => importModule(code, [...SHARED, ...more]),
  );
