import type { ShowInLog } from "../panes/ledger/choose";
import type { App } from "../state/app";
import { createBrand } from "./brand/brand";
import { Form } from "./form";
import { createHistory } from "./history/store";
import { Home } from "./home/home";
import { createPages } from "./home/pages";
import type { ShellLive } from "./live-types";
import { Menus } from "./menus";
import { Place } from "./place";
import { createRetry } from "./retry";
import { Splitters } from "./splitters";
import { Reason, Request } from "./status";

export function createShellLive(app: App, showInLog: ShowInLog): ShellLive {
  const pages = createPages(app);
  const history = createHistory(app, pages);
  const { Retry, tried } = createRetry(app);
  const Brand = createBrand(app);
  return {
    Form: () => <Form app={app} tried={tried} Brand={Brand} />,
    Home: () => <Home {...{ app, history, pages }} />,
    Menus: () => <Menus {...{ app, history, pages }} />,
    Reason: (props) => <Reason app={app} {...props} />,
    Request: () => <Request app={app} />,
    Place: () => <Place app={app} showInLog={showInLog} />,
    Retry,
    Splitters: () => <Splitters app={app} />,
  };
}
