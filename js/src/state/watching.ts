// What this subscriber watches: the log on screen, an artifact, and the home page.

import type { Channel, Follower } from "../kernel/channel";
import type { Watch } from "../kernel/wire";
import type { Uses } from "./app";
import { isOver } from "./selectors";

/** Identifies the log rows that are watched. */
const logKey = ({ log }: Watch) => JSON.stringify([log.filter, log.search]);

export interface Watching extends Follower {
  /** Sets what is watched. Log rows under the filter before are no longer passed on. */
  watch(watch: Watch): void;
}

/** `watched` is what the last hello contained. */
export function createWatching({ ask, hello }: Pick<Channel, "ask" | "hello">, watched: Watch): Watching {
  /** The filter that was sent last. */
  let key = logKey(watched);
  /** The kernel has taken it. */
  let taken = true;
  /** The number of changes of the filter. */
  let filters = 0;
  /** Log rows were left out that could belong to the current filter. */
  let missed = false;
  return {
    current(news) {
      if (taken || !(news.log || news.search)) return news;
      missed = true;
      return { ...news, log: undefined, search: undefined };
    },
    answered(watch) {
      taken ||= logKey(watch) === key;
    },
    watch(watch) {
      if (logKey(watch) !== key) {
        filters += 1;
        taken = false;
      }
      key = logKey(watch);
      const filter = filters;
      const done = () => {
        if (filter !== filters) return;
        taken = true;
        // The rows that were left out are not sent again unless they are requested.
        if (missed) hello();
        missed = false;
      };
      // Without a promise: the frame right after the reply already has the rows of this watch.
      ask("watch", watch, done, done);
    },
  };
}

/** Sends what is watched whenever that has changed, until the returned function is called. */
export function startWatching({
  channel,
  painting,
  run,
  view,
}: Uses<"channel" | "painting" | "run" | "view">): () => void {
  const watching = createWatching(channel, channel.watched);
  channel.follower = {
    ...watching,
    answered(watch) {
      watching.answered(watch);
      // A hello does not contain that the history is open.
      watched = keyOf(watch);
    },
  };
  // While the history is open, the newest runs are sent with the home page.
  const toWatch = (): Watch => {
    const watch = channel.toWatch();
    return { ...watch, home: watch.home || view.panel === "history" };
  };
  // With a run the kernel discards which of its artifacts was watched. Of a moment that was sought it sends the newest.
  const keyOf = (watch: Watch) => {
    const { run: header, past } = run.state;
    const sent = watch.artifact?.newest && past && !past.speed && header && !isOver(header);
    return [logKey(watch), watch.log.rows, sent || watch.artifact?.file, watch.home, header?.run_id].join();
  };
  let watched = keyOf(channel.watched);
  return painting.onPaint(() => {
    const watch = toWatch();
    const key = keyOf(watch);
    if (key !== watched) watching.watch(watch);
    watched = key;
  });
}
