import type { WorkerOption } from "../kernel/wire";
import type { Uses } from "../state/app";
import { isActive } from "../state/selectors";
import { Button } from "../ui/button";
import { plural } from "../ui/format";
import { CROSS, OPTIONS, WARNING } from "../ui/icons";
import { Popover } from "../ui/popover";
import { chosenOptions, optionLabel, optionValue, withOption } from "./option-values";

/** The options that the worker declares, in a panel. Nothing for a worker without options. */
export function OptionsButton({ app }: { app: Uses<"view" | "run" | "operations" | "connection"> }) {
  const { view, operations, connection } = app;
  const { form, run } = app.run.state;
  const declared = form.workers.find(({ id }) => id === form.worker)?.options ?? [];
  if (!declared.length) return null;
  const chosen = chosenOptions(declared, view.options);
  const count = Object.keys(chosen).length;
  const problems = operations.errors["run.start"]?.problems ?? [];
  const problemOf = ({ name }: WorkerOption) =>
    problems.find(({ field }) => field === `options.${name}`)?.message ?? "";
  const flawed = declared.some(problemOf);
  const locked = connection.offline ? connection.off : isActive(run) ? "A run is in progress" : "";
  const edit = (option: WorkerOption, value: unknown) => {
    operations.clearError("run.start");
    view.set({ options: withOption(chosen, option, value) });
  };
  return (
    <Popover
      panels={view}
      id="run-options"
      role="dialog"
      label="Options"
      class={`field ${flawed ? "flawed" : ""}`}
      icon={flawed ? WARNING : OPTIONS}
      text={
        <>
          <span class="grow">Options</span>
          {(flawed || count > 0) && <i class={`tag ${flawed ? "error" : ""}`}>{flawed ? "check" : count}</i>}
        </>
      }
      tip={count ? `${plural(count, "option")} set` : "The options of this worker"}
    >
      {() => (
        <>
          <header class="bar row">
            <h3 class="grow">Options</h3>
            <Button
              class="link"
              text="Reset"
              tip="Use the defaults"
              off={locked || (count ? "" : "All options have their defaults")}
              onclick={() => view.set({ options: {} })}
            />
            <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
          </header>
          {declared.map((option) => (
            <div class="setting" key={option.name}>
              <Setting
                option={option}
                value={chosen[option.name]}
                disabled={!!locked}
                flawed={!!problemOf(option)}
                edit={(value) => edit(option, value)}
              />
              {option.help && <p class="dim">{option.help}</p>}
              {problemOf(option) && (
                <p class="error" role="alert">
                  {problemOf(option)}
                </p>
              )}
            </div>
          ))}
        </>
      )}
    </Popover>
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
  const label = optionLabel(option);
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
