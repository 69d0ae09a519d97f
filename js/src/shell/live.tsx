import type { ShowInLog } from "../panes/ledger/choose";
import type { App, Uses } from "../state/app";
import { loadingAt, type OnDemand } from "../state/on-demand";
import { isTicking } from "../state/selectors";
import type { Child } from "../ui/dom";
import { RetryFailure } from "../ui/retry-failure";
import { BrandButton } from "./brand/button";
import type { Extras } from "./extras-types";
import { Origin } from "./fork/origin";
import { RetryStage } from "./fork/retry";
import { ForkStrip } from "./fork/strip";
import { Form } from "./form";
import { KeysButton } from "./keys-button";
import { statusOf } from "./live-status";
import type { ShellLive } from "./live-types";
import { Menus } from "./menus";
import { loadWhenShown } from "./on-demand";
import { OptionsButton } from "./options";
import type { ShellPages, ShellParts } from "./pages-types";
import { Place } from "./place";
import { createRetry, RetryNow } from "./retry";
import { Splitters } from "./splitters";
import { Reason, Request } from "./status";
import type { TravelCode } from "./travel/travel-types";

/** What is loaded when it is first needed. */
interface LaterCode {
  pages: OnDemand<ShellPages>;
  extras: OnDemand<Extras>;
  travel: OnDemand<TravelCode>;
}

const TRAVEL_CODE = loadingAt("travel");

export function createShellLive(
  app: App,
  showInLog: ShowInLog,
  { findings, runs, navigation }: ShellParts,
  { pages: onDemand, extras, travel }: LaterCode,
): ShellLive {
  const { view, operations, run } = app;
  const { Retry, tried } = createRetry(app, runs);
  const Question = () => <OpenQuestion {...{ app, onDemand }} />;
  const Options = () => <OptionsButton {...{ app, onDemand }} />;
  const Brand = () => <BrandButton {...{ app, findings, onDemand }} />;
  const Keys = () => <KeysButton app={app} onDemand={extras} />;
  loadWhenShown(app, extras, () => ["keys", "export"].includes(view.panel) && view.panel);
  // At once, also without a run: a kernel that a cell keeps busy cannot send it later.
  loadWhenShown(app, travel, () => (!view.home || view.below) && !operations.errors[TRAVEL_CODE] && "travel");
  loadWhenShown(app, onDemand, () => {
    if (["history", "brand", "run-options"].includes(view.panel)) return view.panel;
    const place = view.home ? "home" : run.state.inputs.length > 0 && "question";
    return place && !operations.errors[loadingAt(place)] && place;
  });
  return {
    Form: () => <Form {...{ app, tried, Brand, Options }} />,
    Home: () => (
      <>
        {!app.view.below && <Question />}
        <Home {...{ app, onDemand, Keys }} />
      </>
    ),
    Menus: () => <Menus {...{ app, runs, navigation, onDemand, extras, Keys }} />,
    status: () => statusOf(app.connection.kernel, app.run.state, app.run.nowUs),
    Reason: (props) => (
      <>
        <Reason app={app} {...props} />
        <RetryNow app={app} />
      </>
    ),
    Request: () => (
      <>
        <Origin {...{ app, onDemand }} />
        <Request app={app} />
      </>
    ),
    Below: () => (
      <>
        {travel.code?.Travel() ?? <TravelPlace {...{ app, travel }} />}
        <ForkStrip app={app} />
        <Question />
      </>
    ),
    Place: () => (
      <>
        <Place app={app} showInLog={showInLog} />
        <RetryStage app={app} />
      </>
    ),
    Retry,
    Splitters: () => <Splitters app={app} />,
  };
}

/** The place of the time axis until its code is loaded: nothing moves then. */
const TravelPlace = ({ app, travel }: { app: Uses<"operations">; travel: OnDemand<TravelCode> }) => (
  <div key="travel" class="travel rel">
    <RetryFailure failures={app.operations} at={TRAVEL_CODE} again={() => travel.load("travel")} />
  </div>
);

/** What the run asks: its message at once, the rest once its code is loaded. */
function OpenQuestion({ app, onDemand }: { app: App; onDemand: OnDemand<ShellPages> }) {
  const { inputs } = app.run.state;
  const { code } = onDemand;
  const [first] = inputs;
  if (code) return code.Question();
  return (
    first &&
    isTicking(app.run.state) && (
      <div class="strip waiting rel" role="alert">
        {first.message ?? "The run waits for an answer."}
        <RetryFailure
          failures={app.operations}
          at={loadingAt("question")}
          again={() => onDemand.load("question")}
        />
      </div>
    )
  );
}

/** The home page, once its code is loaded. */
function Home({ app, onDemand, Keys }: { app: App; onDemand: OnDemand<ShellPages>; Keys: () => Child }) {
  const { code } = onDemand;
  return (
    code?.Home({ keys: !app.view.below && <Keys /> }) ?? (
      <div class="rel">
        <p class="empty">Waiting for the kernel …</p>
        <RetryFailure failures={app.operations} at={loadingAt("home")} again={() => onDemand.load("home")} />
      </div>
    )
  );
}
