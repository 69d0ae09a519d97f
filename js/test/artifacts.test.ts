import { describe, expect, it } from "vitest";
import type { WireError } from "../src/kernel/wire";
import { createDocument } from "../src/panes/artifacts/documents";
import { nextMatch } from "../src/panes/artifacts/find";
import { fileOf, fullText } from "../src/panes/artifacts/full-text";
import { splitAtMatches } from "../src/panes/artifacts/paged-source";
import { firstTab, MAX_TABS } from "../src/panes/artifacts/tabs";
import type { App } from "../src/state/app";
import { isGrowing } from "../src/state/selectors";
import { artifact, run } from "./samples";

describe("the tabs that are drawn", () => {
  it("are all of a few", () => {
    expect(firstTab(7, 6, 0)).toBe(0);
  });

  it("stay as they are while the tab on screen is well among them", () => {
    expect(firstTab(500, 100, 80)).toBe(80);
    expect(firstTab(500, 83, 80)).toBe(80);
    expect(firstTab(500, 80 + MAX_TABS - 4, 80)).toBe(80);
  });

  it("always include the tab on screen, with others on both sides", () => {
    for (let at = 0, first = 0; at < 500; at += 7) {
      first = firstTab(500, at, first);
      expect(at - first).toBeGreaterThanOrEqual(Math.min(at, 3));
      expect(first + MAX_TABS - at).toBeGreaterThan(Math.min(499 - at, 3));
      expect(first).toBeLessThanOrEqual(500 - MAX_TABS);
    }
  });

  it("begin again with the first where fewer are left", () => {
    expect(firstTab(5, 4, 300)).toBe(0);
  });
});

describe("an artifact", () => {
  it("grows until it is done, or its run is over", () => {
    const written = artifact("a.md", { status: "assembling" });
    expect(isGrowing(run(), written)).toBe(true);
    expect(isGrowing(run({ status: "cancelled" }), written)).toBe(false);
    expect(isGrowing(run(), artifact("a.md"))).toBe(false);
  });
});

describe("matches in a line", () => {
  it("are found whatever the case, and the line stays whole", () => {
    expect(splitAtMatches("An apple, an Ant", "an")).toEqual(["", "An", " apple, ", "an", " ", "An", "t"]);
    expect(splitAtMatches("nothing", "x")).toEqual(["nothing"]);
    expect(splitAtMatches("nothing", "")).toEqual(["nothing"]);
  });

  it("are left out where letters change their length with their case", () => {
    expect(splitAtMatches("İstanbul", "stan")).toEqual(["İstanbul"]);
  });
});

describe("a step among matches", () => {
  it("goes round at the ends", () => {
    expect([nextMatch(1, 3, 1), nextMatch(3, 3, 1), nextMatch(1, 3, -1)]).toEqual([2, 1, 3]);
  });
});

describe("the full text", () => {
  /** A kernel that has `text`, and sends `most` characters of it at once. */
  function kernelWith(text: string, most: number) {
    const points = Array.from(text);
    const asked: number[] = [];
    const app = {
      run: { state: { run: run() } },
      artifacts: { text: () => undefined },
      request: async (_name: string, { offset }: { offset: number }) => {
        asked.push(offset);
        const page = points.slice(offset, offset + most).join("");
        return { result: { text: page, offset, chars: points.length }, buffers: [] };
      },
    };
    const { request, ...stores } = app;
    return { app: { ...stores, operations: { request } } as unknown as App, asked };
  }

  it("comes page by page, counted in code points, and reports the loaded share", async () => {
    const { app, asked } = kernelWith("a😀b😀c", 2);
    const shares: number[] = [];
    const pages = await fullText(app, "a.md", 1, (share) => shares.push(share) > 0);
    expect(pages?.join("")).toBe("a😀b😀c");
    expect(asked).toEqual([0, 2, 4]);
    expect(shares).toEqual([0, 0.4, 0.8]);
  });

  it("stops when it is cancelled", async () => {
    const { app, asked } = kernelWith("abcdef", 2);
    expect(await fullText(app, "a.md", 1, (share) => share === 0)).toBeNull();
    expect(asked).toEqual([0]);
  });

  it("is not mixed with another run's", async () => {
    const { app } = kernelWith("abcdef", 2);
    const taking = fullText(app, "a.md", 1, (share) => {
      if (share > 0) app.run.state.run = run({ run_id: "run-2" });
      return true;
    });
    await expect(taking).rejects.toThrow("Another run or moment was opened");
  });

  it("is saved as the bytes that it stands for", async () => {
    expect(await fileOf("md", ["a😀", "b"]).text()).toBe("a😀b");
    expect(await fileOf("zip", ["UEsD", "BA=="]).text()).toBe("PK\u0003\u0004");
    expect(await fileOf("png", ["data:image/png;base64,UE5H"]).text()).toBe("PNG");
    for (const kind of ["avif", "bmp"]) expect(await fileOf(kind, ["UE5H"]).text()).toBe("PNG");
  });
});

describe("a document that the kernel makes", () => {
  function setup() {
    const waiting: ((made: number) => void)[] = [];
    const refusing: ((error: Error) => void)[] = [];
    const connection = { off: "", offline: false };
    const operations = {
      busy: new Set<string>(),
      errors: {} as Record<string, WireError>,
      async attempt(key: string, work: () => Promise<unknown>) {
        operations.busy.add(key);
        delete operations.errors[key];
        try {
          await work();
        } catch (error) {
          operations.errors[key] = {
            code: (error as Error).name,
            message: (error as Error).message,
            problems: [],
          };
        }
        operations.busy.delete(key);
      },
    };
    const app = { connection, operations };
    const want = createDocument<number>(app as unknown as App, "there");
    const get = (subject: string, key: string, from = Number.POSITIVE_INFINITY) =>
      want({
        subject,
        key,
        isOutdated: (document) => document >= from,
        request: () =>
          new Promise((resolve, reject) => {
            waiting.push(resolve);
            refusing.push(reject);
          }),
      })?.document;
    const settled = () => new Promise((resolve) => setTimeout(resolve));
    const answer = async (made: number) => {
      waiting.at(-1)?.(made);
      await settled();
    };
    const refuse = async (error: Error) => {
      refusing.at(-1)?.(error);
      await settled();
    };
    return { app, get, answer, refuse, asked: () => waiting.length };
  }

  it("is asked for once, and stands in for its successor until that is here", async () => {
    const { get, answer, asked } = setup();
    expect(get("a", "a1")).toBeUndefined();
    expect(get("a", "a1")).toBeUndefined();
    await answer(1);
    expect(get("a", "a1")).toBe(1);
    expect(get("a", "a2")).toBe(1);
    expect(asked()).toBe(2);
    await answer(2);
    expect(get("a", "a2")).toBe(2);
    expect(get("b", "b1")).toBeUndefined();
  });

  it("is made anew when it is due", async () => {
    const { get, answer, asked } = setup();
    get("a", "a1");
    await answer(1);
    expect(get("a", "a1", 5)).toBe(1);
    expect(asked()).toBe(1);
    expect(get("a", "a1", 1)).toBe(1);
    expect(asked()).toBe(2);
  });

  it("is not asked for again where it failed, until the kernel answers again", async () => {
    const { app, get, refuse, asked } = setup();
    get("a", "a1");
    await refuse(new Error("no such file"));
    get("a", "a1");
    expect(asked()).toBe(1);
    expect(app.operations.errors.there?.message).toBe("no such file");
    get("a", "a2");
    const silent = new Error("no answer");
    silent.name = "silent";
    app.connection.off = "No kernel";
    await refuse(silent);
    get("a", "a2");
    expect(asked()).toBe(2);
    app.connection.off = "";
    get("a", "a2");
    expect(asked()).toBe(3);
  });
});
