import type { Uses } from "../state/app";
import { loadingAt, type OnDemand } from "../state/on-demand";
import { isActive } from "../state/selectors";
import type { ThemeChoice } from "../state/theme";
import { Button } from "../ui/button";
import type { Child } from "../ui/dom";
import { Failure } from "../ui/failure";
import { EXPORT, HALF, HOME, MOON, REFRESH, SUN } from "../ui/icons";
import { RetryFailure } from "../ui/retry-failure";
import type { Extras } from "./extras-types";
import { HistoryButton } from "./history/button";
import type { NewestRuns } from "./history/newest";
import type { PageNavigation } from "./home/navigation";
import { DialogButton } from "./on-demand";
import { closeOnOutsideClick } from "./outside-click";
import type { ShellPages } from "./pages-types";

type MenuStores = Uses<"run" | "view" | "operations" | "connection">;

interface Props {
  app: MenuStores & Uses<"appearance">;
  runs: NewestRuns;
  navigation: PageNavigation;
  onDemand: OnDemand<ShellPages>;
  extras: OnDemand<Extras>;
  Keys: () => Child;
}

export function Menus({ app, runs, navigation, onDemand, extras, Keys }: Props) {
  return (
    <span class="menus row end" ref={closeOnOutsideClick(app)}>
      <HomeButton {...{ app, navigation, onDemand }} />
      <VerifyButton app={app} />
      <HistoryButton {...{ app, runs, onDemand }} />
      <ExportMenu {...{ app, extras }} />
      <Keys />
      <ThemeButton app={app} />
    </span>
  );
}

function HomeButton({ app, navigation, onDemand }: Pick<Props, "app" | "navigation" | "onDemand">) {
  const place = "home button";
  const go = async () => {
    if (onDemand.code || (await onDemand.load(place))) navigation.goHome();
  };
  return (
    <>
      <span ref={navigation.attach}>
        <Button
          icon={HOME}
          tip="Home: the Worker Studio"
          off={app.connection.off}
          busy={onDemand.isBusy(place)}
          onclick={go}
        />
      </span>
      <RetryFailure failures={app.operations} at={loadingAt(place)} again={go} />
    </>
  );
}

function VerifyButton({ app }: { app: MenuStores }) {
  const { run, past } = app.run.state;
  return (
    <>
      {run && (
        <Button
          icon={REFRESH}
          text={<span class="long">Run again and verify</span>}
          tip="Execute this run again from its replay token (M4), and check that the files are identical"
          off={
            app.connection.off ||
            (isActive(app.run.state)
              ? "The run has not ended yet"
              : run.replayable || past // only the end of the run has the token
                ? ""
                : "This run cannot be run again: it has no replay token")
          }
          busy={app.operations.busy.has("run.replay")}
          onclick={() => app.operations.act("run.replay", {})}
        />
      )}
      <Failure failures={app.operations} at="run.replay" />
    </>
  );
}

function ExportMenu({ app, extras }: Pick<Props, "app" | "extras">) {
  const { busy } = app.operations;
  return (
    <>
      <DialogButton
        app={app}
        onDemand={extras}
        id="export"
        role="menu"
        label="Export"
        icon={EXPORT}
        text={app.view.exported || "Export"}
        tip="Save this run as a file"
        off={app.connection.off || (app.run.state.run ? "" : "There is no run to export yet")}
        busy={busy.has("export") || busy.has("artifact.bundle")}
      >
        {({ ExportItems }) => <ExportItems app={app} />}
      </DialogButton>
      <Failure failures={app.operations} at="export" />
      <Failure failures={app.operations} at="artifact.bundle" />
    </>
  );
}

const THEMES: Record<ThemeChoice, [icon: string, next: ThemeChoice]> = {
  auto: [HALF, "light"],
  light: [SUN, "dark"],
  dark: [MOON, "auto"],
};

export function ThemeButton({ app: { appearance } }: { app: Uses<"appearance"> }) {
  const { choice } = appearance;
  const [icon, next] = THEMES[choice];
  return (
    <Button
      icon={icon}
      tip={`Theme: ${choice}. Switch to ${next}`}
      onclick={() => appearance.setTheme(next)}
    />
  );
}
