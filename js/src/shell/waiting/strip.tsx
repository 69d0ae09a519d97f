// What the run asks this person, under the header.

import type { Uses } from "../../state/app";
import { stageName } from "../../state/names";
import { Button } from "../../ui/button";
import { count, plural } from "../../ui/format";
import { CHECK, CROSS, DOWN, Icon, Mark, RIGHT, TIME } from "../../ui/icons";
import { RetryFailure } from "../../ui/retry-failure";
import { BusyKernel } from "../busy-kernel";
import { Field } from "./fields";
import type { QuestionFocus } from "./focus";
import { callKey, messageOf, type Question, type Questions } from "./questions";

type StripStores = Uses<"run" | "operations" | "connection">;

interface StripProps {
  app: StripStores;
  questions: Questions;
  focus: QuestionFocus;
}

/** The oldest open question, and one that nobody answered in time. */
export function QuestionStrip({ app, questions, focus }: StripProps) {
  const { open, expired } = questions;
  const [question] = open;
  return (
    <>
      {expired && (
        <p class="strip row" role="status">
          <Icon d={TIME} />
          <span class="reading">Expired: nobody answered “{expired}” in time.</span>
        </p>
      )}
      {question && <OpenQuestion {...{ app, questions, focus, question }} />}
    </>
  );
}

type QuestionProps = Omit<StripProps, "focus"> & { question: Question };

function OpenQuestion({ app, questions, focus, question }: StripProps & { question: Question }) {
  const { key, form, folded } = question;
  const { length } = questions.open;
  const left = questions.leftUs(question);
  const busy = app.operations.busy.has(key);
  return (
    <section
      class="strip waiting question scroll"
      tabIndex={-1}
      aria-label="Question of the run"
      aria-busy={busy}
      ref={focus.keep}
      onkeydown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
        event.preventDefault();
        if (!app.connection.off) questions.send(question, true);
      }}
    >
      <div key={key} ref={focus.take}>
        <div class="row">
          <Mark status="waiting" />
          <div class="grow reading" role="alert">
            {messageOf(question)}
          </div>
          {length > 1 && <span class="num">1 of {length}</span>}
          {left !== null && <span class="num">expires in {countdown(left)}</span>}
          <Button
            icon={folded ? RIGHT : DOWN}
            tip={folded ? "Show the question" : "Fold the question"}
            open={!folded}
            onclick={() => questions.fold(question)}
          />
        </div>
        {!folded && (
          <>
            <Call {...{ app, questions, question }} />
            {form.root && <Field field={form.root} question={question} questions={questions} />}
            <Buttons {...{ app, questions, question, busy }} />
          </>
        )}
      </div>
    </section>
  );
}

/** The tool and the arguments that an approval is about. */
function Call({ app, questions, question }: QuestionProps) {
  const { request, call } = question;
  return (
    <>
      {(call || request.reason === "tool_call") && <b>{stageName(app.run.state.stages, request.stage_id)}</b>}
      {call && (
        <pre class="call">
          {call.text}
          {call.chars && ` … (${count(call.chars)} characters)`}
        </pre>
      )}
      <RetryFailure
        failures={app.operations}
        at={callKey(question)}
        again={() => questions.loadCall(question)}
      />
    </>
  );
}

function Buttons({ app, questions, question, busy }: QuestionProps & { busy: boolean }) {
  const { off, waiting } = app.connection;
  const button = (approved: boolean, icon: string | undefined, text: string, tip: string) => (
    <Button
      class={approved ? "button run" : "button"}
      {...{ icon, text, tip }}
      off={off}
      busy={busy && question.approved === approved}
      // The second click of a double click would answer the next question.
      onclick={({ detail }) => detail < 2 && questions.send(question, approved)}
    />
  );
  return (
    <div class="row answers">
      {question.form.approval === null ? (
        button(true, undefined, "Send", "Send the answer (Ctrl+Enter)")
      ) : (
        <>
          {button(true, CHECK, "Approve", "Approve (Ctrl+Enter)")}
          {button(false, CROSS, "Decline", "Decline")}
        </>
      )}
      {busy && waiting && <BusyKernel />}
      {question.error && (
        <span class="problem tone error reading" role="alert">
          {question.error}
        </span>
      )}
    </div>
  );
}

/** The time left as a person reads it: "4:58", "1:02:03", "2 days". */
export function countdown(us: number): string {
  const seconds = Math.max(0, Math.ceil(us / 1e6));
  if (seconds >= 86_400) return plural(Math.floor(seconds / 86_400), "day");
  const [hours, rest] = [Math.floor(seconds / 3600), seconds % 3600];
  const two = (n: number) => `${n}`.padStart(2, "0");
  const minutes = Math.floor(rest / 60);
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(rest % 60)}`;
}
