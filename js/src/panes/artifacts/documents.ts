// The documents that the kernel makes: asked for one at a time, and each kept until its successor is here.

import type { App } from "../../state/app";

/** What is wanted. A document of another `key` is another one, of the same `subject` it may stand in for it. */
export interface Wanted<Made> {
  subject: string;
  key: string;
  /** Whether the one of this key that is here should be made anew. */
  due(made: Made): boolean;
  ask(): Promise<Made>;
}

export interface Kept<Made> {
  subject: string;
  key: string;
  made: Made;
}

/** Gives the document that is wanted, or the last one of its subject, and sees that the wanted one comes. */
export function createDocument<Made>(
  app: App,
  place: string,
): (wanted: Wanted<Made>) => Kept<Made> | undefined {
  let kept: Kept<Made> | undefined;
  let asked = "";
  return ({ subject, key, due, ask }) => {
    const here = kept?.key === key;
    const error = app.errors[place];
    const failed = asked === key && error && (error.code !== "silent" || app.off);
    if (!failed && !(here && kept && !due(kept.made)) && !app.busy.has(place) && !app.offline) {
      asked = key;
      app.attempt(place, async () => {
        kept = { subject, key, made: await ask() };
      });
    }
    return kept?.subject === subject ? kept : undefined;
  };
}
