// Around the panes of a report: what the file is, the choice of a run, the time axis. Nothing here starts a run.

import type { ShowInLog } from "../panes/ledger/choose";
import type { ShellLive } from "../shell/live-types";
import { ThemeButton } from "../shell/menus";
import { closeOnOutsideClick } from "../shell/outside-click";
import { PlaceOfVerdict } from "../shell/place";
import { RequestFacts } from "../shell/request";
import { firstStatus } from "../shell/run-status";
import { Reason } from "../shell/status";
import { createAxisData } from "../shell/travel/axis-data";
import { createMoves } from "../shell/travel/moves";
import { createTravel } from "../shell/travel/travel";
import type { App, Uses } from "../state/app";
import { displayName } from "../state/names";
import { Button } from "../ui/button";
import type { Child } from "../ui/dom";
import { Facts } from "../ui/facts";
import { count, dateTime } from "../ui/format";
import { CROSS, INFO, WARNING } from "../ui/icons";
import { Popover } from "../ui/popover";
import type { ReportKernel } from "./kernel";

export function createReportShell(app: App, kernel: ReportKernel, showInLog: ShowInLog): ShellLive {
  const Travel = createTravel(app, createMoves(app), createAxisData(app));
  return {
    Form: () => <About app={app} kernel={kernel} />,
    Menus: () => (
      <span class="menus row end" ref={closeOnOutsideClick(app)}>
        <ThemeButton app={app} />
      </span>
    ),
    Home: () => null,
    status() {
      const { run } = app.run.state;
      // Before its end a run has no verdict.
      return run && !run.verdict
        ? ["", displayName(run.status), ""]
        : firstStatus(app.connection.kernel, run);
    },
    Reason: (props) => <Reason app={app} {...props} />,
    Request: () => <RequestOfRun app={app} />,
    Below: () => <Travel />,
    Place: () => <PlaceOfVerdict app={app} showInLog={showInLog} />,
    Retry: () => null,
    Splitters: () => null,
  };
}

interface Props {
  app: Uses<"run" | "view">;
  kernel: ReportKernel;
}

/** Worker and task of the run, or the choice of one, and what the file is. */
function About({ app, kernel }: Props) {
  const { run, form } = app.run.state;
  const { titles } = kernel;
  return (
    <div class="row">
      <span class="field worker">
        <span class="cut">{displayName(run?.worker ?? form.worker)}</span>
      </span>
      {titles.length > 1 ? (
        <select
          class="field grow"
          aria-label="Run"
          value={`${kernel.index}`}
          onchange={({ currentTarget }) => kernel.open(currentTarget.selectedIndex)}
        >
          {titles.map((title, index) => (
            <option value={`${index}`}>{`${index + 1} of ${titles.length} · ${title}`}</option>
          ))}
        </select>
      ) : (
        <span class="field grow" title={run?.task ?? ""}>
          <span class="cut">{run?.task ?? ""}</span>
        </span>
      )}
      <ReportFacts app={app} kernel={kernel} />
    </div>
  );
}

function ReportFacts({ app, kernel }: Props) {
  const { view } = app;
  const { head } = kernel.run;
  const { omitted } = kernel;
  return (
    <Popover
      panels={view}
      id="report"
      role="dialog"
      label="About this report"
      icon={omitted.length ? WARNING : INFO}
      text={omitted.length ? "Report, not complete" : "Report"}
      tip="What this file is, and what was left out of it"
    >
      {() => (
        <Panel app={app} title="Report of a run">
          <Facts
            pairs={[
              ["Run", head.run_id],
              ["Exported", dateTime(head.exported_us)],
              ["Written by", head.written_by],
              ["Events", count(head.events)],
              ["Left out", omitted.length ? omitted.map(({ what }) => what).join("\n") : "nothing"],
            ]}
          />
        </Panel>
      )}
    </Popover>
  );
}

function RequestOfRun({ app }: Pick<Props, "app">) {
  const { state } = app.run;
  return (
    state.run && (
      <Popover
        panels={app.view}
        id="asked"
        role="dialog"
        label="Request of this run"
        icon={INFO}
        text="Request"
        tip={`What this run was started with: ${state.run.task ?? ""}`}
      >
        {() => (
          <Panel app={app} title="Request of this run">
            <RequestFacts state={state} />
          </Panel>
        )}
      </Popover>
    )
  );
}

function Panel({ app: { view }, title, children }: { app: Uses<"view">; title: string; children?: Child }) {
  return (
    <>
      <header class="bar row">
        <h3 class="grow">{title}</h3>
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
      </header>
      {children}
    </>
  );
}
