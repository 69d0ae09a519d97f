// The home page: what workers are, which there are, what ran, and whether everything works.

import type { Engine, WorkerCard } from "../../kernel/wire";
import { isActive } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Child, Ref } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { clockTime, plural } from "../../ui/format";
import { PLAY } from "../../ui/icons";
import { ComparisonTools, comparisonTitle } from "../history/comparison";
import { HistoryContent, HistoryNotices, ListTools } from "../history/dialog";
import { CompareButton, NewestList } from "../history/run-list";
import type { HistoryStore, HistoryStores } from "../history/store";
import { ThemeButton } from "../menus";
import { availabilityOf } from "../worker";
import type { PageNavigation } from "./navigation";

interface Props {
  app: HistoryStores;
  history: HistoryStore;
  navigation: PageNavigation;
}

/** The operations of this page, whose errors are shown at its top. */
const OPERATIONS = ["run.new", "worker.select", "run.open", "run.replay"];

export function Home({ app, history, navigation, keys }: Props & { keys: Child }) {
  const { home, seen_us } = app.run.state;
  return (
    <div class="home scroll grow" ref={showSection(app)}>
      <header class="row rel" ref={navigation.attach}>
        <div class="grow">
          <h3>Worker Studio</h3>
          <p class="dim">Give an AI worker a task, watch every step, and check the result.</p>
        </div>
        <StartButton {...{ app, navigation }} />
        {keys}
        <ThemeButton app={app} />
        {OPERATIONS.map((name) => (
          <Failure failures={app.operations} at={name} />
        ))}
      </header>
      <ul class="cards">
        {home?.intro.map(({ title, text }) => (
          <li class="card">
            <b>{title}</b>
            <p class="dim">{text}</p>
          </li>
        ))}
      </ul>
      <Section name="workers" title="Workers">
        {home?.workers.length ? (
          <ul class="cards wide">
            {home.workers.map((card) => (
              <Worker key={card.id} {...{ app, navigation, card }} />
            ))}
          </ul>
        ) : (
          <p class="empty">The workers appear here when the server has answered.</p>
        )}
      </Section>
      <div class="pair">
        <Section
          name="history"
          title={history.compared ? comparisonTitle(history) : history.all ? "All runs" : "Recent runs"}
          tools={<RunTools {...{ app, history }} />}
        >
          <Runs {...{ app, history }} />
        </Section>
        <Section
          name="health"
          title="Health"
          tools={
            seen_us && <span class="small dim num">Last answer at {clockTime(seen_us).slice(0, 8)}</span>
          }
        >
          <ul class="card">
            {home?.health.map(({ name, tone, text }) => (
              <li class="row">
                <i class={`bead tone ${tone}`} />
                <span>
                  <b>{name}</b> <span class={tone === "ok" ? "dim" : `tone ${tone}`}>{text}</span>
                </span>
              </li>
            )) ?? "…"}
          </ul>
        </Section>
      </div>
    </div>
  );
}

/** Scrolls to the wanted section until the page is complete, or the person scrolls. */
const showSection =
  ({ painting, run, view }: HistoryStores): Ref =>
  (page) => {
    let done = false;
    for (const event of ["wheel", "pointerdown", "keydown"])
      page.addEventListener(event, () => {
        done = true;
      });
    return painting.onPaint(() => {
      const part = page.querySelector<HTMLElement>(`[data-section=${view.home || "home"}]`);
      if (part && !done) page.scrollTop = part.offsetTop - 12;
      const health = run.state.home?.health[0];
      done ||= !!health && health.tone !== "busy";
    });
  };

interface SectionProps {
  name: string;
  title: string;
  tools?: Child;
  children: Child;
}

const Section = ({ name, title, tools, children }: SectionProps) => (
  <section data-section={name} aria-label={title}>
    <header class="row">
      <h3 class="grow">{title}</h3>
      {tools}
    </header>
    {children}
  </section>
);

/** Leaves the run on screen, which goes on, and shows the form for the worker. */
async function prepare({ app, navigation }: Omit<Props, "history">, worker: string): Promise<void> {
  const { operations } = app;
  const { run, form } = app.run.state;
  if (run && !(await operations.act("run.new", {}))) return;
  if (form.worker !== worker && !(await operations.act("worker.select", { worker }))) return;
  navigation.goToConsole();
}

/** The one thing to do next. */
function StartButton({ app, navigation }: Omit<Props, "history">) {
  const { form, home } = app.run.state;
  const cards = home?.workers.filter(({ runnable }) => runnable) ?? [];
  const card = cards.find(({ id }) => id === form.worker) ?? cards[0];
  const active = isActive(app.run.state);
  return (
    <div class="start">
      <Button
        class="button run"
        icon={PLAY}
        text={active ? "Back to the run" : `Start with ${card?.name ?? "a worker"}`}
        tip={active ? "Show the run in progress" : "Open the console, describe a task, and run it"}
        off={app.connection.off || (active || card ? "" : "No worker can run yet")}
        busy={app.operations.busy.has("run.new")}
        onclick={() => (active ? navigation.goToConsole() : card && prepare({ app, navigation }, card.id))}
      />
    </div>
  );
}

const ENGINE_TONES: Record<Engine["status"], string> = {
  available: "ok",
  unavailable: "error",
  planned: "",
  unknown: "warning",
};

function Worker({ app, navigation, card }: Omit<Props, "history"> & { card: WorkerCard }) {
  const { id, name, description, status, reason, runnable, engines } = card;
  const [tone, words] = availabilityOf(status);
  return (
    <li class="card column">
      <div class="row">
        <b class="grow">{name}</b>
        <i class={`tag ${tone}`}>{words}</i>
      </div>
      <p class="dim">{description}</p>
      {reason && <p class="tone error">{reason}</p>}
      <ul class="engines grow">
        {engines.map(({ number, name, status, reason }) => (
          <li class={`tag ${ENGINE_TONES[status]}`}>
            {number} {name} {status === "available" ? "✓" : `· ${status}${reason ? `: ${reason}` : ""}`}
          </li>
        ))}
      </ul>
      {runnable && (
        <Button
          class="button"
          icon={PLAY}
          text={
            <>
              Run<span class="sr"> {name}</span>
            </>
          }
          tip={`Open the console with ${name}`}
          off={app.connection.off}
          onclick={() => prepare({ app, navigation }, id)}
        />
      )}
    </li>
  );
}

function RunTools({ app, history }: Omit<Props, "navigation">) {
  if (history.compared) return <ComparisonTools history={history} />;
  if (history.all)
    return (
      <>
        <ListTools {...{ app, history }} />
        <Button
          key="newest"
          text="Newest"
          tip="Show only the newest runs"
          onclick={() => history.showAll(false)}
        />
      </>
    );
  const { home } = app.run.state;
  if (!home?.runs.length) return null;
  return (
    <>
      <CompareButton {...{ app, history }} />
      <Button
        key="all"
        text={home.total > 0 ? `All ${plural(home.total, "run")}` : "All runs"}
        tip="Search and filter all runs on this computer"
        off={app.connection.off}
        onclick={() => history.showAll(true)}
      />
    </>
  );
}

function Runs({ app, history }: Omit<Props, "navigation">) {
  const { home } = app.run.state;
  if (history.compared || history.all)
    return (
      <div key="all" class="card flat">
        <HistoryContent {...{ app, history }} />
      </div>
    );
  return (
    <div key="newest" class="card flat">
      {home?.error && <p class="tone error">{home.error.message}</p>}
      {home?.runs.length ? (
        <NewestList {...{ app, history }} runs={home.runs} />
      ) : (
        <p class="empty">
          {home ? "No run yet. The runs of all notebooks on this computer appear here." : "Reading …"}
        </p>
      )}
      <HistoryNotices {...{ app, history }} />
    </div>
  );
}
