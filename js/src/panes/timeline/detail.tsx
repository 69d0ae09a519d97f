// The chosen stage, under the tree: its figures, and its input, output and traceback.

import type { ContentText, Requests, Stage } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { agentName } from "../../state/names";
import { isRunning } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { Facts } from "../../ui/facts";
import { clockTime, count, duration, inWords, percent, seconds } from "../../ui/format";
import { COPY, DOWN, Icon, RIGHT } from "../../ui/icons";
import { JsonTree, type Unfolded } from "../../ui/json-tree";
import { confirmCopy, copyText } from "../../ui/page";

/** So many characters of a text are shown at first. */
const SHOWN_CHARS = 2_000;

/** What a person can do with the stage, over its figures. */
export type StageTools = (props: { stage: Stage }) => Child;

type Contents = Requests["stages.content"]["result"];

/** `inTree` is a loaded stage of the tree, `Tools` is over its figures. */
export function createStageDetail(
  app: Uses<"run" | "view" | "operations" | "painting">,
  inTree: (stageId: string) => Stage | undefined,
  Tools?: StageTools,
): () => Child {
  const { view, operations, painting } = app;
  let closed = false;
  /** What was requested, and the answer. */
  let key = "";
  let contents: Contents | null = null;
  /** The texts that are shown completely, and the unfolded parts of each. */
  let whole: Record<string, boolean> = {};
  let parts: Record<string, Record<string, number>> = {};

  function load({ stage_id, attempts, ended_at, has_input, has_output, has_traceback }: Stage): void {
    const next = [
      app.run.state.run?.run_id,
      stage_id,
      attempts,
      ended_at,
      has_input,
      has_output,
      has_traceback,
    ].join();
    if (next === key) return;
    if (!key.startsWith(`${app.run.state.run?.run_id},${stage_id},`))
      [contents, whole, parts] = [null, {}, {}];
    key = next;
    if (!(has_input || has_output || has_traceback)) return;
    operations.attempt(`stage ${key}`, async () => {
      const { result } = await operations.request("stages.content", { stage_id });
      if (key === next) contents = result;
    });
  }

  function Content({ name, content }: { name: keyof Contents; content: ContentText }) {
    const { text, json, chars = text.length } = content;
    const cut = !whole[name] && text.length > SHOWN_CHARS;
    const unfolded: Unfolded = {
      parts: parts[name] ?? {},
      set(change) {
        parts = { ...parts, [name]: change };
        painting.changed();
      },
    };
    const value = json && chars === text.length ? parsed(text) : undefined;
    const copied = `stage: ${name}`;
    return (
      <section aria-label={inWords(name)}>
        <header class="row small dim">
          <b>{inWords(name)}</b>
          <span class="num grow">
            {text.length < chars ? `the first ${count(text.length)} of ${count(chars)}` : count(chars)}{" "}
            characters
          </span>
          <span role="status">{view.copied === copied && "copied"}</span>
          <Button
            icon={COPY}
            tip={`Copy ${name}`}
            onclick={async () => {
              await copyText(text, document.body);
              confirmCopy(view, copied);
            }}
          />
        </header>
        {value === undefined ? (
          <pre>{cut ? text.slice(0, SHOWN_CHARS) : text}</pre>
        ) : (
          <JsonTree value={value} unfolded={unfolded} />
        )}
        {value === undefined && cut && (
          <button
            class="link"
            onclick={() => {
              whole = { ...whole, [name]: true };
              painting.changed();
            }}
          >
            Show all
          </button>
        )}
      </section>
    );
  }

  return () => {
    const { stages, past } = app.run.state;
    if (view.stage === null) return null;
    const known = stages.find(({ stage_id }) => stage_id === view.stage);
    // The stage as it was chosen may be of a later moment.
    const chosen = !past && view.chosen?.stage_id === view.stage ? view.chosen : null;
    const stage = known ?? inTree(view.stage) ?? chosen;
    if (!stage) return null;
    load(stage);
    const failure = operations.errors[`stage ${key}`];
    return (
      <section class="stage-detail column" aria-label={`Stage ${stage.name}`}>
        <header class="row">
          <button
            class="row grow small"
            aria-expanded={!closed}
            onclick={() => {
              closed = !closed;
              painting.changed();
            }}
          >
            <Icon d={closed ? RIGHT : DOWN} />
            <b class="cut">{stage.name}</b>
          </button>
        </header>
        {!closed && (
          <div class="scroll small" tabIndex={0}>
            {Tools?.({ stage })}
            <Facts pairs={factsOf(stage, isRunning(app.run.state), app.run.nowUs)} />
            {failure && <p class="error tone">{failure.message}</p>}
            {(["input", "output", "traceback"] as const).map(
              (name) =>
                stage[`has_${name}`] &&
                contents?.[name] && <Content key={name} name={name} content={contents[name]} />,
            )}
          </div>
        )}
      </section>
    );
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function factsOf(stage: Stage, ticking: boolean, nowUs: number): [string, string | null][] {
  const { started_us, ended_us, duration_ms, input_tokens, output_tokens, tokens, cost, attempts, progress } =
    stage;
  const known = (n: number | null, words: string) => (n === null ? "" : `${count(n)} ${words}`.trim());
  const running = ticking && started_us !== null && /^(running|recovering)$/.test(stage.status);
  const took =
    duration_ms ?? (started_us !== null && ended_us !== null ? (ended_us - started_us) / 1000 : null);
  return [
    [
      "Taken from",
      stage.reused_from && `run ${stage.reused_from.slice(0, 8)}, byte for byte; not executed here`,
    ],
    ["Kind", stage.kind],
    ["Status", stage.status === "completed" ? "" : stage.status],
    ["Agent", agentName(stage.agent)],
    ["Model", stage.model],
    [
      "Time",
      [started_us, ended_us]
        .map((us) => us !== null && clockTime(us))
        .filter(Boolean)
        .join(" – "),
    ],
    ["Took", running ? seconds((nowUs - started_us) / 1000) : took === null ? "" : duration(took)],
    [
      "Progress",
      progress &&
        `${count(progress.done)}${progress.total === null ? "" : ` of ${count(progress.total)}`} ${progress.unit ?? ""}`,
    ],
    [
      "Tokens",
      [known(tokens, ""), known(input_tokens, "in"), known(output_tokens, "out")].filter(Boolean).join(" · "),
    ],
    [
      "Cost",
      cost &&
        `${cost.amount.toLocaleString("en-US", { maximumSignificantDigits: 4 })} ${cost.currency ?? ""}`,
    ],
    ["Attempts", attempts > 1 ? count(attempts) : ""],
    ["Inside", stage.children ? count(stage.children) : ""],
    ["Drift", stage.drift === null ? "" : percent(stage.drift)],
    ["Error", stage.error],
  ];
}
