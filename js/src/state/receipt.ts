// The receipt of the run: an output of its own below the console, which the notebook keeps.

import type { Channel } from "../kernel/channel";

/**
 * Writes the receipt into the notebook where it is out of date. The kernel updates it by its display id, which
 * JupyterLab knows only until its page is loaded anew; the update comes before the trait.
 */
export function writeReceipt(channel: Pick<Channel, "notebook" | "trait" | "onTrait">): void {
  const { trait, onTrait } = channel;
  const write = () => {
    const { id, data } = trait("receipt");
    for (const { outputs } of channel.notebook?.cells ?? []) {
      for (let place = 0; outputs && place < outputs.length; place++) {
        const { data: shown, metadata } = outputs.get(place);
        const mark = metadata.worker_widget as { receipt?: unknown } | undefined;
        if (mark?.receipt === id && shown["text/html"] !== data["text/html"])
          outputs.set(place, { output_type: "display_data", data, metadata });
      }
    }
  };
  write();
  onTrait("receipt", write);
}
