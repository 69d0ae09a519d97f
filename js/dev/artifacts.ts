// The artifacts of the kernel in the page: like those of the real kernel, but without colours.

import type { FromBrowser, Requests } from "../src/kernel/wire";
import { type Moment, olderText } from "./run";

type ArtifactRequest = Extract<FromBrowser, { kind: "request" }>;

const LINE_MOST = 1_000;
const RENDER_MOST = 300_000;

const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

const styles = (dark: boolean) => `<style>
body{margin:14px;font:14px/1.6 system-ui;${dark ? "background:#131519;color:#e8eaee" : "background:#fff;color:#1c2026"}}
pre{font:12px/1.5 monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
mark{background:#b8860b66;color:inherit}[aria-current]{outline:2px solid #e0803a}
.change{display:grid;grid-template-columns:1fr 1fr;gap:8px;margin:0 0 12px}del{background:#b3221b33}ins{background:#1a6b3533}
</style>`;

/** The text of a version; 0 where there is none. */
function textOf({ state, texts }: Moment, file: string, version: number | null): string {
  const newest = state.artifacts.find((row) => row.file === file)?.version ?? 1;
  return version === null || version === newest ? (texts[file] ?? "") : olderText(file);
}

const linesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => line.match(new RegExp(`.{1,${LINE_MOST}}`, "gu")) ?? [""]);

function render(
  moment: Moment,
  args: Requests["artifact.render"]["args"],
): Requests["artifact.render"]["result"] {
  const { file, version, shape, dark, find, any_length } = args;
  const text = textOf(moment, file, version);
  const row = moment.state.artifacts.find((item) => item.file === file);
  const long = text.length > RENDER_MOST && !any_length;
  const growing = row?.status === "assembling" && version === null;
  let matches = 0;
  let body = escaped(text);
  if (find) {
    const wanted = new RegExp(find.replace(/[^\w\s]/g, "\\$&"), "gi");
    body = text
      .split(new RegExp(`(${wanted.source})`, "gi"))
      .map((piece, at) => {
        if (at % 2 === 0) return escaped(piece);
        matches += 1;
        return `<mark id="match-${matches}">${escaped(piece)}</mark>`;
      })
      .join("");
  }
  const prose = () =>
    body
      .replace(/^# (.*)$/gm, "<h1>$1</h1>")
      .replace(/^- (.*)$/gm, "<li>$1</li>")
      .replace(/\n\n/g, "<p>");
  const drawn = shape === "preview" && file.endsWith(".html");
  const html = drawn
    ? text
    : `<!doctype html>${styles(dark)}${shape === "preview" && file.endsWith(".md") ? prose() : `<pre class="source">${body}</pre>`}`;
  return {
    html,
    note: long ? `Shown as plain text: ${text.length} characters are too many to format.` : null,
    version: version ?? row?.version ?? 1,
    chars: text.length,
    again_at: growing ? Math.ceil(text.length * 1.1) + 40 : null,
    matches: find ? matches : null,
    long,
    sentences: null,
  };
}

function compare(
  moment: Moment,
  args: Requests["artifact.compare"]["args"],
): Requests["artifact.compare"]["result"] {
  const { a, b, dark } = args;
  const one = linesOf(a.run_id ? olderText(a.file) : textOf(moment, a.file, a.version));
  const other = linesOf(textOf(moment, b.file, b.version));
  let changes = 0;
  const sections = Array.from({ length: Math.max(one.length, other.length) }, (_, at) => {
    const [left = "", right = ""] = [one[at], other[at]];
    if (left === right) return "";
    changes += 1;
    const cells = `<pre><del>${escaped(left)}</del></pre><pre><ins>${escaped(right)}</ins></pre>`;
    return `<section class="change" id="change-${changes}">${cells}</section>`;
  });
  const html = `<!doctype html>${styles(dark)}${sections.join("")}`;
  return { html, changes, note: null, same: changes === 0 };
}

/** Every line of text in a page or a Markdown text is a sentence, of each source in turn. */
function marked(
  moment: Moment,
  args: Requests["artifact.render"]["args"],
): Requests["artifact.render"]["result"] {
  const { file, version, dark } = args;
  const sources = ["rule", "brief", "rule", "brand", "rule", "rule", "model"];
  const sentences: NonNullable<Requests["artifact.render"]["result"]["sentences"]> = [];
  const text = textOf(moment, file, version);
  const parts = /\.(html|md)$/.test(file)
    ? text.split(/((?<=>)[^<>{}\n]{3,}(?=<)|^[-#>\w][^<\n]{3,}$)/m)
    : [text];
  const body = parts.map((part, at) => {
    if (at % 2 === 0) return escaped(part);
    const source = sources[sentences.length % sources.length] as string;
    const id = `sentence-${sentences.push({ source, stage_id: source === "brand" ? "strategy" : "copy" })}`;
    return `<a id="${id}" href="#${id}" class="${source}">${escaped(part)}</a>`;
  });
  return {
    html: `<!doctype html>${styles(dark)}<pre class="source">${body.join("")}</pre>`,
    note: null,
    chars: text.length,
    again_at: null,
    matches: null,
    long: false,
    version: version ?? moment.state.artifacts.find((item) => item.file === file)?.version ?? 1,
    sentences,
  };
}

/** The result of a request about an artifact; `undefined` for any other request. */
export function artifactAnswer(moment: Moment, { name, args }: ArtifactRequest): unknown {
  switch (name) {
    case "artifact.text": {
      const text = textOf(moment, args.file, args.version);
      return {
        text: text.slice(args.offset, args.offset + args.count),
        offset: args.offset,
        chars: text.length,
      };
    }
    case "artifact.render":
      return args.shape === "sources" ? marked(moment, args) : render(moment, args);
    case "artifact.lines": {
      const text = textOf(moment, args.file, args.version);
      const lines = linesOf(text);
      const rows = lines.slice(args.start, args.start + args.count);
      return { total: lines.length, start: args.start, rows, chars: text.length };
    }
    case "artifact.find": {
      const wanted = args.text.toLowerCase();
      const hits = linesOf(textOf(moment, args.file, args.version)).flatMap((line, at) =>
        line.toLowerCase().includes(wanted) ? [at] : [],
      );
      const before = hits.filter((at) => at < args.start).length;
      const after = hits.findIndex((at) => at > args.start);
      const place = args.direction === 1 ? Math.max(0, after) : (before - 1 + hits.length) % hits.length;
      return { line: hits[place] ?? null, nth: hits.length && place + 1, of: hits.length };
    }
    case "artifact.compare":
      return compare(moment, args);
    case "artifact.bundle":
      return { file_name: "bundle.zip" };
    default:
      return undefined;
  }
}
