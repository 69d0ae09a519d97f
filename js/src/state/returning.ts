import type { Channel } from "../kernel/channel";

/**
 * marimo runs the cells that read `console.value` again only after an update by the browser: so the browser
 * returns the new values, which the kernel ignores. Elsewhere a value that is set again is not sent.
 */
export function returnTraits({ trait, set, onTrait }: Pick<Channel, "trait" | "set" | "onTrait">): void {
  let returned = "";
  const send = () => {
    const values = { status: trait("status"), run_id: trait("run_id") };
    const next = JSON.stringify(values);
    if (next === returned) return;
    returned = next;
    set(values);
  };
  onTrait("status", send);
  onTrait("run_id", send);
}
