import type { App } from "../state/app";
import { createBrandDialog } from "./brand/dialog";
import { HistoryDialog } from "./history/dialog";
import { createHistory } from "./history/store";
import { Home } from "./home/home";
import { OptionsDialog } from "./options-dialog";
import type { ShellPages, ShellParts } from "./pages-types";
import { createQuestionFocus } from "./waiting/focus";
import { createQuestions } from "./waiting/questions";
import { QuestionStrip } from "./waiting/strip";

export function createShellPages(
  app: App,
  { findings, runs, navigation, searchLog }: ShellParts,
): ShellPages {
  const history = createHistory(app, runs, navigation, searchLog);
  const questions = createQuestions(app);
  const focus = createQuestionFocus();
  return {
    Home: ({ keys }) => <Home {...{ app, history, navigation, keys }} />,
    compare: history.compareRuns,
    History: () => <HistoryDialog {...{ app, history }} />,
    Brand: createBrandDialog(app, findings),
    Options: () => <OptionsDialog app={app} />,
    Question: () => <QuestionStrip {...{ app, questions, focus }} />,
  };
}
