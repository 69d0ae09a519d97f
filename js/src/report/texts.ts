// The artifacts of a report: their texts at a position, and the documents that are drawn of them.

import type {
  Artifact,
  ArtifactRef,
  ComparedArtifacts,
  MarkedSentence,
  RenderedArtifact,
} from "../kernel/wire";
import { codePoints } from "../state/artifact-text";
import { countUpto, type Head, listIn, type ReportData } from "./data";
import { literal } from "./lines";

type Chunk = [position: number, offset: number | null, reset: boolean, done: boolean, text: string];

interface Documents {
  file: string;
  version: number;
  shapes: Partial<
    Record<
      "preview" | "source" | "sources",
      { html: string; note: string | null; sentences?: MarkedSentence[] }
    >
  >;
  differences: Record<string, ComparedArtifacts>;
}

const BODY = "@@body@@";
const MOST_MARKED = 2_000;
/** A text that grows is drawn again when it is longer by this factor, at least by so many characters. */
const GROWTH = 1.5;
const LEAST_GROWTH = 120;

export interface Texts {
  /** The text of a version after so many events; `null`: it is left out. */
  text(artifact: Artifact, version: number | null, upto: number): Promise<string | null>;
  /** A document of an artifact for the frame. */
  document(
    artifact: Artifact,
    args: {
      version: number | null;
      shape: "preview" | "source" | "sources";
      dark: boolean;
      find: string | null;
    },
    upto: number,
  ): Promise<RenderedArtifact>;
  compared(a: ArtifactRef, b: ArtifactRef, dark: boolean): Promise<ComparedArtifacts>;
}

/** A text after its first code points. */
export function fromCodePoint(text: string, start: number): string {
  if (start <= 0) return text;
  const plain = !/[\ud800-\udbff]/.test(text);
  return plain ? text.slice(start) : Array.from(text).slice(start).join("");
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

export function createTexts(data: ReportData, run: number, head: Head): Texts {
  /** The chunks of each file, the documents, and where versions begin. */
  let loading: Promise<Map<string, number[]>> | undefined;
  let chunksOf: Promise<Map<string, Chunk[]>> | undefined;
  let last: { key: string; text: string } | undefined;

  const versions = () => {
    loading ??= data.rows<[string, number, number]>(run, "versions").then((rows) => {
      const found = new Map<string, number[]>();
      for (const [file, version, position] of rows) listIn(found, file)[version] = position;
      return found;
    });
    return loading;
  };

  const chunks = () => {
    chunksOf ??= (async () => {
      const found = new Map<string, Chunk[]>();
      for (const part of data.parts(run, "artifact")) {
        const { file, rows } = await data.read<{ file: string; rows: Chunk[] }>(part);
        listIn(found, file).push(...rows);
      }
      return found;
    })();
    return chunksOf;
  };

  async function documents(file: string): Promise<Documents | undefined> {
    for (const part of data.parts(run, "document")) {
      const document = await data.read<Documents>(part);
      if (document.file === file) return document;
    }
    return undefined;
  }

  /** The position after which a version was not written any more, within the first events. */
  async function end(file: string, version: number, upto: number): Promise<number> {
    const next = (await versions()).get(file)?.[version + 1];
    return Math.min(upto, (next ?? Infinity) - 1);
  }

  async function text(artifact: Artifact, version: number | null, upto: number): Promise<string | null> {
    const { file } = artifact;
    const rows = (await chunks()).get(file);
    if (!rows) return null;
    const position = await end(file, version ?? artifact.version, upto);
    const count = countUpto(rows.length, (i) => (rows[i] as Chunk)[0], position);
    const key = `${file}\n${count}`;
    if (last?.key === key) return last.text;
    let first = count - 1;
    while (first > 0 && !rows[first]?.[2]) first -= 1;
    const pieces: string[] = [];
    let chars = 0;
    for (const [, offset, , , piece] of rows.slice(Math.max(first, 0), count)) {
      const fresh = fromCodePoint(piece, offset === null ? 0 : Math.max(0, chars - offset));
      pieces.push(fresh);
      chars += codePoints(fresh);
    }
    last = { key, text: pieces.join("") };
    return last.text;
  }

  /** In dark colours. */
  const themed = (html: string, dark: boolean) =>
    dark ? html.replace(head.styles[0], () => head.styles[1]) : html;

  /** The text as it is, with the matches of what is looked for. */
  function plain(whole: string, find: string | null): { html: string; matches: number | null } {
    const body = (content: string) =>
      head.document.replace(BODY, () => `<pre class="source">\n${content}</pre>`);
    if (!find) return { html: body(escaped(whole)), matches: null };
    const pieces: string[] = [];
    let at = 0;
    let matches = 0;
    for (const { 0: found, index } of whole.matchAll(new RegExp(literal(find), "gi"))) {
      matches += 1;
      if (matches > MOST_MARKED) continue;
      pieces.push(escaped(whole.slice(at, index)), `<mark id="match-${matches}">${escaped(found)}</mark>`);
      at = index + found.length;
    }
    return { html: body(pieces.join("") + escaped(whole.slice(at))), matches };
  }

  return {
    text,
    async document(artifact, { version, shape, dark, find }, upto) {
      const number = version ?? artifact.version;
      const whole = await text(artifact, version, upto);
      const grows = artifact.status === "assembling" && number === artifact.version;
      const again_at = grows ? Math.max(artifact.chars * GROWTH, artifact.chars + LEAST_GROWTH) : null;
      const answer = { again_at, long: false, sentences: null, version: number };
      if (whole === null)
        return { ...answer, ...plain("", null), chars: 0, note: "Its text is left out of this report." };
      const chars = codePoints(whole);
      if (artifact.kind === "html" && shape === "preview")
        return { ...answer, html: whole, note: null, chars, matches: null };
      const made = find ? undefined : await documents(artifact.file);
      const newest = head.state.artifacts.find(({ file }) => file === artifact.file);
      const same = made?.version === number && newest?.version === number && newest.chars === chars;
      const found = same ? made?.shapes[shape] : undefined;
      if (found)
        return {
          ...answer,
          html: themed(found.html, dark),
          note: found.note,
          sentences: found.sentences ?? null,
          matches: null,
          chars,
        };
      const note =
        shape === "sources"
          ? "The worker does not report where these sentences come from."
          : shape === "preview"
            ? "Shown as its source, as it was at this moment."
            : null;
      const { html, matches } = plain(whole, find);
      return { ...answer, html: themed(html, dark), note, chars, matches };
    },
    async compared(a, b, dark) {
      const between =
        a.run_id === null && b.run_id === null && a.file === b.file
          ? (await documents(a.file))?.differences[`${a.version} ${b.version}`]
          : undefined;
      if (!between) throw new Error("This report has no difference of these two.");
      return { ...between, html: themed(between.html, dark) };
    },
  };
}
