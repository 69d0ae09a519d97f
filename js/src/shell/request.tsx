import type { ConsoleState } from "../kernel/wire";
import { Facts } from "../ui/facts";

/** The request of the run on screen, for reading. */
export const RequestFacts = ({ state: { run, asked } }: { state: ConsoleState }) => (
  <Facts pairs={[["Task", run?.task], ...asked]} />
);
