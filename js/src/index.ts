// The module `widget.js`, which anywidget loads. Each call of `render` creates an independent console; the
// returned function removes it completely.

import type { Model } from "./kernel/channel";
import { mount } from "./shell/mount";

const render = ({ model, el }: { model: Model; el: HTMLElement }): (() => void) => mount(model, el).close;

export default { render };
