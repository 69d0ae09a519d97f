import type { Uses } from "../state/app";
import type { OnDemand } from "../state/on-demand";
import { KEYBOARD } from "../ui/icons";
import type { Extras } from "./extras-types";
import { DialogButton } from "./on-demand";

interface Props {
  app: Uses<"view" | "operations" | "connection" | "appearance">;
  onDemand: OnDemand<Extras>;
}

/** The button of the sheet of keys. */
export const KeysButton = (props: Props) => (
  <DialogButton {...props} id="keys" label="Keys" icon={KEYBOARD} text="" tip="Keys (?), and notices">
    {({ KeySheet }) => <KeySheet app={props.app} />}
  </DialogButton>
);
