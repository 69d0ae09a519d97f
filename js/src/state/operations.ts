// What the person asks the kernel for: which operations are in progress, and which have failed.

import type { Answer, Channel } from "../kernel/channel";
import type { Requests, WireError } from "../kernel/wire";

export interface Operations {
  /** The last error of each operation, by its key; the key of a plain request is its name. */
  readonly errors: Readonly<Partial<Record<string, WireError>>>;
  /** The keys of the operations in progress. */
  readonly busy: ReadonlySet<string>;
  request: Channel["request"];
  /** Runs `work`, unless an operation of this key is in progress. An error is kept under `key`, and the result is `null`. */
  attempt<Result>(key: string, work: () => Promise<Result>): Promise<Result | null>;
  /** Sends one request as an operation. */
  act<Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]): Promise<Answer<Name> | null>;
  /** Keeps an error under `key` that did not occur in an `attempt`. */
  fail(key: string, reason: unknown): void;
  /** The error to show beside a control; none where the banner shows the same. */
  failureAt(key: string): WireError | undefined;
  clearError(key: string): void;
}

/** `notice` is the banner's text. */
export function createOperations(
  request: Channel["request"],
  notice: () => string | undefined,
  changed: () => void,
): Operations {
  const errors: Partial<Record<string, WireError>> = {};
  const busy = new Set<string>();
  const operations: Operations = {
    errors,
    busy,
    request,
    async attempt(key, work) {
      if (busy.has(key)) return null;
      busy.add(key);
      operations.clearError(key);
      try {
        return await work();
      } catch (reason) {
        operations.fail(key, reason);
        return null;
      } finally {
        busy.delete(key);
        changed();
      }
    },
    act: (name, args) => operations.attempt(name, () => request(name, args)),
    fail(key, reason) {
      errors[key] = {
        code: "error",
        problems: [],
        ...(reason as Partial<WireError>),
        message: (reason as Error).message,
      };
      changed();
    },
    failureAt(key) {
      const error = errors[key];
      return error && error.code !== "silent" && error.message !== notice() ? error : undefined;
    },
    clearError(key) {
      delete errors[key];
      changed();
    },
  };
  return operations;
}
