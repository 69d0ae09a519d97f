// Where each sentence of an artifact comes from: colours in the source text, a legend, and the chosen sentence.

import type { MarkedSentence } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Button } from "../../ui/button";
import { count } from "../../ui/format";
import { DOWN } from "../../ui/icons";
import { lookUp } from "../../ui/look-up";
import { nextMatch } from "./find";
import { UP } from "./icons";
import type { ArtifactState } from "./state";

/** Each source: its name in the legend and in a sentence, its tone, and its line as in the text. */
const SOURCES: Record<string, [name: string, from: string, tone: string, line: string]> = {
  brief: ["Brief", "the brief's words", "warning", "dashed"],
  brand: ["Brand", "the brand's words", "ok", "solid"],
  rule: ["Rules", "a rule of the worker", "", "dotted"],
  model: ["Model", "a language model", "recovered", "double"],
};

/** The sources in the order of the legend, each with its number of sentences; unknown ones count as rules. */
export const tally = (sentences: readonly MarkedSentence[]): [source: string, sentences: number][] =>
  Object.keys(SOURCES)
    .map((kind): [string, number] => [
      kind,
      sentences.filter(({ source }) => lookUp(SOURCES, source, SOURCES.rule) === SOURCES[kind]).length,
    ])
    .filter(([, sentences]) => sentences);

/** The legend, and the source and stage of the chosen sentence. */
export function SourcesBar({ app, state }: { app: Uses<"run" | "view">; state: ArtifactState }) {
  const { view } = app;
  const { sentences, sentence } = state;
  if (!sentences?.length) return null;
  const chosen = sentences[sentence - 1];
  const stage = app.run.state.stages.find(({ stage_id }) => stage_id === chosen?.stage_id);
  const step = (direction: 1 | -1) => () =>
    state.set({ sentence: sentence ? nextMatch(sentence, sentences.length, direction) : 1 });
  return (
    <div key="sources" class="bar row small sub sources" role="group" aria-label="Sources of the sentences">
      {tally(sentences).map(([kind, number]) => {
        const [name, , tone, line] = SOURCES[kind] as (typeof SOURCES)[string];
        return (
          <span key={kind} class={`tone ${tone}`} style={`border-bottom-style:${line}`}>
            {name} {count(number)}
          </span>
        );
      })}
      <span class="grow" />
      <Button icon={UP} tip="Previous sentence" onclick={step(-1)} />
      <Button icon={DOWN} tip="Next sentence" onclick={step(1)} />
      <p class="row" role="status">
        {chosen
          ? `From ${lookUp(SOURCES, chosen.source, null)?.[1] ?? chosen.source}`
          : "Choose a sentence to see where it comes from"}
        {stage && (
          <>
            {", written in "}
            <button class="chip" title="Show this stage" onclick={() => view.set({ stage: stage.stage_id })}>
              {stage.name}
            </button>
          </>
        )}
      </p>
    </div>
  );
}
