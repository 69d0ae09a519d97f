// Where the keyboard focus is as questions come and go.

import type { Ref } from "../../ui/dom";
import { restoreFocus } from "../../ui/focus";

export interface QuestionFocus {
  /** On the strip: the focus of the last question goes to the log. */
  keep: Ref;
  /** On each question: it takes the focus, unless something else has it. */
  take: Ref;
}

export function createQuestionFocus(): QuestionFocus {
  /** What has the focus only because a question left. */
  let refuge: Element | null = null;
  return {
    keep(strip) {
      const root = strip.getRootNode() as ShadowRoot;
      const restore = restoreFocus((root) => root.querySelector<HTMLElement>("[role=grid]"))(strip);
      let focused = false;
      // The focus may be on the way to another of its elements.
      const update = () =>
        setTimeout(() => {
          focused = strip.contains(root.activeElement);
        });
      strip.addEventListener("focusin", update);
      strip.addEventListener("focusout", update);
      return () => {
        if (!focused) return;
        restore?.();
        refuge = root.activeElement;
        for (const event of ["blur", "keydown", "pointerdown"])
          refuge?.addEventListener(event, () => {
            refuge = null;
          });
      };
    },
    take(question) {
      const root = question.getRootNode() as ShadowRoot;
      const field = question.querySelector<HTMLElement>("input, textarea, select");
      if (document.activeElement === document.body || (refuge && refuge === root.activeElement))
        (field ?? question.parentElement)?.focus({ preventScroll: true });
    },
  };
}
