import type { Uses } from "../state/app";
import type { OnDemand } from "../state/on-demand";
import { draftOf } from "../state/selectors";
import { inWords } from "../ui/format";
import { OPTIONS, WARNING } from "../ui/icons";
import { declaredOptions } from "./draft";
import { DialogButton } from "./on-demand";
import { chosenOptions } from "./option-values";
import type { ShellPages } from "./pages-types";
import { RUN_OPTIONS } from "./run-options";

interface Props {
  app: Uses<"view" | "run" | "operations" | "connection">;
  onDemand: OnDemand<ShellPages>;
}

/** The button of the options of every run and of those that the worker declares: how many are changed. */
export function OptionsButton({ app, onDemand }: Props) {
  const { view, operations } = app;
  const declared = declaredOptions(app.run.state.form);
  const ofRun = chosenOptions(RUN_OPTIONS, { ...draftOf(view) });
  const { strict_mode: strict, ...others } = { ...ofRun, ...chosenOptions(declared, view.options) };
  const count = Object.keys(others).length;
  const problems = operations.errors["run.start"]?.problems ?? [];
  const isFlawed = (name: string) => problems.some(({ field }) => field === name);
  const flawed =
    RUN_OPTIONS.some(({ name }) => isFlawed(name)) ||
    declared.some(({ name }) => isFlawed(`options.${name}`));
  const changed = [...(strict ? ["strict_mode"] : []), ...Object.keys(others)];
  return (
    <DialogButton
      {...{ app, onDemand }}
      id="run-options"
      label="Options"
      class={`field ${flawed ? "flawed" : ""}`}
      icon={flawed ? WARNING : OPTIONS}
      text={
        <>
          <span class="grow">Options</span>
          {strict && <i class="tag warning">Strict</i>}
          {(flawed || count > 0) && <i class={`tag ${flawed ? "error" : ""}`}>{flawed ? "check" : count}</i>}
        </>
      }
      tip={
        changed.length
          ? `Changed: ${changed.map(inWords).join(", ")}`
          : "Strict mode, depth, budget and the options of this worker: all have their defaults"
      }
    >
      {({ Options }) => <Options />}
    </DialogButton>
  );
}
