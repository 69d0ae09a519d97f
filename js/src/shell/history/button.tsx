import type { Uses } from "../../state/app";
import type { OnDemand } from "../../state/on-demand";
import { Failure } from "../../ui/failure";
import { HISTORY } from "../../ui/icons";
import { DialogButton } from "../on-demand";
import type { ShellPages } from "../pages-types";
import type { NewestRuns } from "./newest";

interface Props {
  app: Uses<"view" | "operations" | "connection">;
  runs: NewestRuns;
  onDemand: OnDemand<ShellPages>;
}

/** The button of the run history, with the number of runs. */
export function HistoryButton({ app, runs: { total, load }, onDemand }: Props) {
  const { operations } = app;
  return (
    <>
      <DialogButton
        {...{ app, onDemand }}
        id="history"
        label="Run history"
        icon={HISTORY}
        text={
          <>
            History
            {total !== null && total > 0 && (
              <i key="badge" class="badge num" title={`${total} runs on this computer`}>
                {total > 99 ? "99+" : total}
              </i>
            )}
          </>
        }
        tip="Earlier runs: watch, verify, compare"
        off={app.connection.off}
        busy={operations.busy.has("run.open")}
        onopen={load}
      >
        {({ History }) => <History />}
      </DialogButton>
      <Failure failures={operations} at="run.open" />
    </>
  );
}
