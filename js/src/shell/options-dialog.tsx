// The dialog of the options: those of every run, and those that the worker declares.

import type { WorkerOption } from "../kernel/wire";
import type { Uses } from "../state/app";
import { draftOf, isActive } from "../state/selectors";
import type { Draft } from "../state/view";
import { Button } from "../ui/button";
import { inWords } from "../ui/format";
import { CROSS } from "../ui/icons";
import { lookUp } from "../ui/look-up";
import { declaredOptions, workerName } from "./draft";
import { chosenOptions, optionValue, withOption } from "./option-values";
import { RUN_OPTIONS } from "./run-options";

export function OptionsDialog({ app }: { app: Uses<"view" | "run" | "operations" | "connection"> }) {
  const { view, operations, connection } = app;
  const { form } = app.run.state;
  const declared = declaredOptions(form);
  const ofRun = chosenOptions(RUN_OPTIONS, { ...draftOf(view) });
  const ofWorker = chosenOptions(declared, view.options);
  const isChanged = Object.keys({ ...ofRun, ...ofWorker }).length > 0;
  const problems = operations.errors["run.start"]?.problems ?? [];
  const problemOf = (name: string) => problems.find(({ field }) => field === name)?.message ?? "";
  const locked = connection.offline ? connection.off : isActive(app.run.state) ? "A run is in progress" : "";
  const edit = (change: Partial<Draft>) => {
    operations.clearError("run.start");
    view.set(change);
  };
  const setting = (option: WorkerOption, value: unknown, problem: string, set: (value: unknown) => void) => (
    <div class="setting" key={option.name}>
      <Setting option={option} value={value} disabled={!!locked} flawed={!!problem} edit={set} />
      {option.help && <p class="dim">{option.help}</p>}
      {problem && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
  return (
    <>
      <header class="bar row">
        <h3 class="grow">Options</h3>
        <Button
          class="link"
          text="Reset"
          tip="Use the defaults"
          off={locked || (isChanged ? "" : "All options have their defaults")}
          onclick={() => edit({ strict_mode: false, depth: "auto", budget: null, options: {} })}
        />
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
      </header>
      <div class="settings scroll">
        <b class="small dim">Run</b>
        {RUN_OPTIONS.map((option) =>
          setting(option, ofRun[option.name], problemOf(option.name), (value) =>
            edit({ [option.name]: value ?? option.default }),
          ),
        )}
        {declared.length > 0 && <b class="small dim">{workerName(form)}</b>}
        {declared.map((option) =>
          setting(
            option,
            lookUp(ofWorker, option.name, undefined),
            problemOf(`options.${option.name}`),
            (value) => edit({ options: withOption(ofWorker, option, value) }),
          ),
        )}
      </div>
    </>
  );
}

interface SettingProps {
  option: WorkerOption;
  value: unknown;
  disabled: boolean;
  flawed: boolean;
  edit: (value: unknown) => void;
}

/** The label and the control of one option, by its type. */
function Setting({ option, value, disabled, flawed, edit }: SettingProps) {
  const label = inWords(option.name);
  if (option.type === "boolean")
    return (
      <label class="row">
        <input
          type="checkbox"
          checked={(value ?? option.default) === true}
          disabled={disabled}
          onchange={(event) => edit(event.currentTarget.checked)}
        />
        <b>{label}</b>
      </label>
    );
  return (
    <div class="row">
      <b class="grow">{label}</b>
      {option.type === "choice" ? (
        <select
          class="field"
          aria-label={label}
          value={`${value ?? option.default ?? ""}`}
          disabled={disabled}
          aria-invalid={flawed}
          onchange={(event) => edit(event.currentTarget.value)}
        >
          {option.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          type={option.type === "text" ? "text" : "number"}
          class="field"
          aria-label={label}
          min={option.minimum ?? undefined}
          max={option.maximum ?? undefined}
          step={option.type === "integer" ? 1 : "any"}
          placeholder={option.default === null ? "" : `${option.default}`}
          value={value === undefined ? "" : `${value}`}
          disabled={disabled}
          aria-invalid={flawed}
          onchange={(event) => edit(optionValue(option, event.currentTarget.value))}
        />
      )}
      {option.unit && <span class="dim">{option.unit}</span>}
    </div>
  );
}
