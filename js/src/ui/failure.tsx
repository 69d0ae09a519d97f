import { Button } from "./button";
import { CROSS } from "./icons";

/** Where errors are kept, by the key of the operation. */
interface Failures {
  failureAt(
    key: string,
  ): { message: string; problems: readonly { field: string; message: string }[] } | undefined;
  clearError(key: string): void;
}

/** The error of an operation, beside its control, until it is dismissed. */
export function Failure({ failures, at }: { failures: Failures; at: string }) {
  const error = failures.failureAt(at);
  return (
    error && (
      <div class="bubble error" role="alert">
        <span>
          {error.message}
          {error.problems.map(({ field, message }) => (
            <div>
              <b>{field}</b> {message}
            </div>
          ))}
        </span>
        <Button icon={CROSS} tip="Dismiss" onclick={() => failures.clearError(at)} />
      </div>
    )
  );
}
