// The questions of the run on screen: what this person typed, and the answers sent.

import type { ContentText, InputRequest } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isTicking } from "../../state/selectors";
import { type AnswerField, type AnswerForm, answerForm, answerOf, fieldId } from "./answer-form";

export interface Question {
  readonly request: InputRequest;
  /** The key of the operation that sends the answer. */
  readonly key: string;
  readonly form: AnswerForm;
  /** What was typed, by the ids of the fields. */
  readonly typed: Map<string, string>;
  /** What is wrong, by the ids of the fields. */
  readonly problems: Map<string, string>;
  /** What is wrong with the answer as a whole, or `""`. */
  error: string;
  /** The answer to an approval that was sent last. */
  approved: boolean;
  folded: boolean;
  /** It was answered, or nobody answered in time: the kernel is about to remove it. */
  closed: boolean;
  /** The arguments of the tool call; `undefined` until they are loaded. */
  call: ContentText | null | undefined;
}

export interface Questions {
  /** The open questions, the oldest first. */
  readonly open: readonly Question[];
  /** The message of a question that nobody answered in time, for a moment. */
  readonly expired: string | undefined;
  /** The time left to answer, in microseconds; `null` if there is no limit. */
  leftUs(question: Question): number | null;
  /** Keeps what was typed in a field. */
  type(question: Question, field: AnswerField, content: string): void;
  fold(question: Question): void;
  /** Sends what was typed; `approved` is the answer to an approval. */
  send(question: Question, approved: boolean): Promise<void>;
  /** Loads the arguments of the tool call. */
  loadCall(question: Question): Promise<void>;
}

const MOST_KEPT = 100;
const EXPIRED_MS = 6_000;
/** So exactly is the clock of the run known. */
const CLOCK_US = 250_000;

/** The message of a question, which the agent may have left out. */
export const messageOf = ({ request, form }: Question): string =>
  request.message || form.root?.help || "The run waits for an answer.";

/** The key of the operation that loads the arguments of the tool call. */
export const callKey = ({ key }: Question): string => `call ${key}`;

export function createQuestions(app: Uses<"run" | "operations" | "painting">): Questions {
  const { run, operations, painting } = app;
  /** By their keys, also those of earlier runs: what was typed stays. */
  const kept = new Map<string, Question>();
  let shown: Question | undefined;
  let expired: string | undefined;

  function questionOf(request: InputRequest): Question {
    const { request_id, position, schema, reason } = request;
    const key = `answer ${run.state.run?.run_id} ${position} ${request_id}`;
    let question = kept.get(key);
    if (!question) {
      question = {
        request,
        key,
        form: answerForm(schema, reason),
        typed: new Map(),
        problems: new Map(),
        error: "",
        approved: true,
        folded: false,
        closed: false,
        call: undefined,
      };
      for (const oldest of kept.keys()) if (kept.size >= MOST_KEPT) kept.delete(oldest);
      kept.set(key, question);
    }
    return question;
  }

  /** Closes a question that nobody answered in time. */
  function expire(question: Question): void {
    question.closed = true;
    expired = messageOf(question);
    setTimeout(() => {
      expired = undefined;
      painting.changed();
    }, EXPIRED_MS);
    painting.changed();
  }

  const questions: Questions = {
    get open() {
      const { inputs } = run.state;
      return isTicking(run.state) ? inputs.map(questionOf).filter(({ closed }) => !closed) : [];
    },
    get expired() {
      return expired;
    },
    leftUs: ({ request: { expires_us } }) => (expires_us === null ? null : expires_us - run.nowUs),
    type(question, field, content) {
      const id = fieldId(field);
      question.typed.set(id, content);
      question.problems.delete(id);
      question.error = "";
      painting.changed();
    },
    fold(question) {
      question.folded = !question.folded;
      painting.changed();
    },
    async send(question, approved) {
      const { key, form, typed, request, problems } = question;
      if (operations.busy.has(key)) return;
      const answer = answerOf(form, typed, approved);
      Object.assign(question, { approved, error: "", folded: false });
      problems.clear();
      for (const [id, problem] of answer.problems) problems.set(id, problem);
      painting.changed();
      if (problems.size) return;
      const args = { request_id: request.request_id, payload: answer.payload };
      if (await operations.attempt(key, () => operations.request("run.answer", args))) question.closed = true;
      else {
        const error = operations.errors[key];
        const others = (error?.problems ?? []).filter((problem) => {
          const field = fieldAt(form.root, problem.field);
          if (field) problems.set(fieldId(field), problem.message);
          return !field;
        });
        if (others.length || !problems.size) question.error = error?.message ?? "";
      }
      painting.changed();
    },
    async loadCall(question) {
      const { stage_id } = question.request;
      const load = () => operations.request("stages.content", { stage_id: stage_id ?? "" });
      const answer = await operations.attempt(callKey(question), load);
      if (answer) question.call = answer.result.input;
    },
  };

  painting.onPaint(() => {
    const { open } = questions;
    for (const question of shown && !shown.closed && !open.includes(shown) ? [...open, shown] : open) {
      const left = questions.leftUs(question);
      if (left !== null && left < (open.includes(question) ? 0 : CLOCK_US)) expire(question);
    }
    [shown] = open;
    if (shown && isCall(shown) && shown.call === undefined && !operations.errors[callKey(shown)])
      questions.loadCall(shown);
  });

  return questions;
}

/** The question is about a tool call, or about a stage that may have arguments. */
const isCall = ({ request, form }: Question): boolean =>
  request.stage_id !== null && (request.reason === "tool_call" || form.approval !== null);

/** The field that a location such as `payload.tags.0` is in; a group is no such field. */
function fieldAt(root: AnswerField | null, location: string): AnswerField | undefined {
  if (!root) return undefined;
  const inner = root.fields.map((field) => fieldAt(field, location)).find(Boolean);
  const place = ["payload", ...root.path].join(".");
  const isHere = root.kind !== "group" && `${location}.`.startsWith(`${place}.`);
  return inner ?? (isHere ? root : undefined);
}
