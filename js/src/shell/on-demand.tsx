// The button of a dialog whose code is loaded when the dialog is first opened.

import type { Uses } from "../state/app";
import { loadingAt, type OnDemand } from "../state/on-demand";
import type { Child } from "../ui/dom";
import { Popover, type PopoverProps } from "../ui/popover";
import { RetryFailure } from "../ui/retry-failure";

interface Props<Code>
  extends Pick<PopoverProps, "label" | "icon" | "text" | "tip" | "off" | "busy" | "onopen"> {
  app: Uses<"view" | "operations" | "connection">;
  onDemand: OnDemand<Code>;
  id: string;
  role?: PopoverProps["role"];
  class?: string;
  children: (code: Code) => Child;
}

export function DialogButton<Code>({ app, onDemand, id, off, busy, children, ...look }: Props<Code>) {
  const { view, operations, connection } = app;
  const { code } = onDemand;
  // Until its code is loaded, the dialog is not open.
  const panels = {
    panel: code ? view.panel : "",
    set: (change: { panel: string }) => view.set(change),
  };
  return (
    <>
      <Popover
        {...look}
        {...{ panels, id }}
        role="dialog"
        off={off || (code ? "" : connection.off)}
        busy={!!busy || onDemand.isBusy(id)}
      >
        {() => code && children(code)}
      </Popover>
      <RetryFailure
        failures={operations}
        at={loadingAt(id)}
        again={() => {
          view.set({ panel: id });
        }}
      />
    </>
  );
}

/** Loads the code as soon as a place is to be shown that needs it. */
export function loadWhenShown<Code>(
  { view, painting }: Uses<"view" | "painting">,
  onDemand: OnDemand<Code>,
  wanted: () => string | false,
): void {
  painting.onPaint(async () => {
    const place = wanted();
    if (onDemand.code || !place || onDemand.isBusy(place)) return;
    const failed = !(await onDemand.load(place));
    if (failed && view.panel === place) view.set({ panel: "" });
  });
}
