import { Button } from "./button";
import { CROSS } from "./icons";

interface RetryFailureProps {
  failures: { failureAt(key: string): { message: string } | undefined; clearError(key: string): void };
  at: string;
  again: () => void;
}

/** The error of an operation, beside its control, with a way to try again. */
export function RetryFailure({ failures, at, again }: RetryFailureProps) {
  const error = failures.failureAt(at);
  return (
    error && (
      <div class="bubble error" role="alert">
        <span>{error.message}</span>
        <Button class="link" text="Try again" tip="Load it again" onclick={again} />
        <Button icon={CROSS} tip="Dismiss" onclick={() => failures.clearError(at)} />
      </div>
    )
  );
}
