// Documents that the kernel renders: requested one at a time, and kept until the next one is received.

import type { Uses } from "../../state/app";

/** The document to show. Another `key` is another document; of the same `subject` the old one stays until then. */
export interface Wanted<Document> {
  subject: string;
  key: string;
  /** The received document of this key should be rendered again. */
  isOutdated(document: Document): boolean;
  request(): Promise<Document>;
}

export interface Received<Document> {
  subject: string;
  key: string;
  document: Document;
}

/** Returns the wanted document or the last one of its subject, and requests the wanted one if it is missing. */
export function createDocument<Document>(
  app: Uses<"operations" | "connection">,
  operation: string,
): (wanted: Wanted<Document>) => Received<Document> | undefined {
  let received: Received<Document> | undefined;
  let requested = "";
  return ({ subject, key, isOutdated, request }) => {
    const { operations, connection } = app;
    const current = received?.key === key;
    const error = operations.errors[operation];
    const failed = requested === key && error && (error.code !== "silent" || connection.off);
    const complete = current && received && !isOutdated(received.document);
    if (!failed && !complete && !operations.busy.has(operation) && !connection.offline) {
      requested = key;
      operations.attempt(operation, async () => {
        received = { subject, key, document: await request() };
      });
    }
    return received?.subject === subject ? received : undefined;
  };
}
