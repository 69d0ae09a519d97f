import type { ConsoleState } from "../kernel/wire";

/** The request of the run on screen, for reading. */
export const RequestFacts = ({ state: { run, asked } }: { state: ConsoleState }) => (
  <dl class="facts">
    {[["Task", run?.task], ...asked].map(([label, text]) => (
      <>
        <dt class="dim">{label}</dt>
        <dd>{text}</dd>
      </>
    ))}
  </dl>
);
