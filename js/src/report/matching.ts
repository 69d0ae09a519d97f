// Matches the patterns of searches outside the page's thread, so that a pattern that takes too long can be ended.

export type Mark = [start: number, end: number];

/** The time limit for the texts of one call. */
const MOST_MS = 2_000;

/** The first `most` matches in each text. It is also the code of the worker, so it uses nothing around it. */
function marksIn(pattern: RegExp, texts: string[], most: number): Mark[][] {
  return texts.map((text) => {
    const marks: Mark[] = [];
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found && marks.length < most; found = pattern.exec(text)) {
      marks.push([found.index, pattern.lastIndex]);
      if (!found[0]) pattern.lastIndex += 1;
    }
    return marks;
  });
}

let worker: Worker | null = null;
let last: Promise<unknown> = Promise.resolve();
const slow = new Set<string>();

/** The first `most` matches of a global pattern in each text. Throws if that takes too long. */
export function marksOf(pattern: RegExp, texts: string[], most: number): Promise<Mark[][]> {
  const marks = last.then(() => matched(pattern, texts, most));
  last = marks.catch(() => {});
  return marks;
}

async function matched(pattern: RegExp, texts: string[], most: number): Promise<Mark[][]> {
  const key = String(pattern);
  if (slow.has(key)) throw tooLong(pattern);
  const asked = thread();
  if (!asked) return marksIn(pattern, texts, most);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      asked.terminate();
      worker = null;
      slow.add(key);
      reject(tooLong(pattern));
    }, MOST_MS);
    asked.onmessage = ({ data }: MessageEvent<Mark[][]>) => {
      clearTimeout(timer);
      resolve(data);
    };
    asked.postMessage([pattern, texts, most]);
  });
}

/** The worker; `null` where the browser allows none. */
function thread(): Worker | null {
  try {
    const code = `${marksIn};onmessage=({data})=>postMessage(${marksIn.name}(...data))`;
    worker ??= new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  } catch {
    worker = null;
  }
  return worker;
}

const tooLong = ({ source }: RegExp) =>
  new Error(
    `The pattern '${source}' takes too long. Make it more specific: nested repeats, such as (a+)+, take long.`,
  );
