import type { Uses } from "../state/app";
import { isActive } from "../state/selectors";
import { Failure } from "../ui/failure";
import { DOWN, Icon } from "../ui/icons";
import { lookUp } from "../ui/look-up";
import { Popover } from "../ui/popover";
import { workerName } from "./draft";

const AVAILABILITY = {
  available: ["ok", "Available"],
  beta: ["info", "Beta"],
  coming_soon: ["", "Coming soon"],
  unavailable: ["error", "Unavailable"],
} as const;

export const availabilityOf = (status: string) => lookUp(AVAILABILITY, status, AVAILABILITY.unavailable);

export function WorkerSelect({ app }: { app: Uses<"view" | "run" | "operations" | "connection"> }) {
  const { view, operations } = app;
  const { form } = app.run.state;
  const { worker, workers } = form;
  const current = workers.find(({ id }) => id === worker);
  const locked = app.connection.off || (isActive(app.run.state) ? "A run is in progress" : "");
  return (
    <>
      <Popover
        panels={view}
        id="worker"
        role="listbox"
        label="Workers"
        class="field"
        text={
          <>
            <span class="cut grow">{workerName(form) || "Worker"}</span>
            <Icon d={DOWN} />
          </>
        }
        tip={current?.description ?? "Choose a worker"}
        off={locked || (workers.length ? "" : "The workers are not known yet")}
      >
        {() =>
          workers.map(({ id, name, description, status, reason }) => {
            const [tone, words] = availabilityOf(status);
            const off = status !== "available" && status !== "beta";
            return (
              <button
                key={id}
                role="option"
                class="option"
                aria-selected={id === worker}
                aria-disabled={off}
                onclick={() => {
                  if (off) return;
                  view.set({ panel: "" });
                  if (id !== worker) operations.act("worker.select", { worker: id });
                }}
              >
                <span class="row">
                  <b class="grow">{name}</b>
                  <i class={`tag ${tone}`}>{words}</i>
                </span>
                <div class="dim">{description}</div>
                {reason && <div class="error">{reason}</div>}
              </button>
            );
          })
        }
      </Popover>
      <Failure failures={operations} at="worker.select" />
    </>
  );
}
