// The tools at the right of the artifact's toolbar; those without room are in a menu.

import type { Artifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { loadingAt, type OnDemand } from "../../state/on-demand";
import { Button } from "../../ui/button";
import type { Child, Ref } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { CHECK, COPY, EXPORT, Icon } from "../../ui/icons";
import { confirmCopy, copyText, saveFile } from "../../ui/page";
import { Popover } from "../../ui/popover";
import { RetryFailure } from "../../ui/retry-failure";
import type { CreateCompareMenu } from "./compare";
import { fileOf, fullText, isBinary } from "./full-text";
import { FIND, FULL, MARKS, MOBILE, MORE, SCRIPTS, TABLET, WRAP } from "./icons";
import type { ArtifactState, Device } from "./state";
import { VersionMenu } from "./versions";

interface Tool {
  icon: string;
  name: string;
  tip?: string;
  on?: boolean;
  off?: string;
  busy?: boolean;
  act: () => void;
}

/** The widths of a tool, of the rest of the bar, and of the version menu, in pixels. */
const TOOL_PX = 27;
const REST_PX = 232;
const VERSION_PX = 62;

const DEVICES: [Device, name: string, icon: string][] = [
  [390, "Mobile, 390 px", MOBILE],
  [820, "Tablet, 820 px", TABLET],
  [0, "Full width", FULL],
];

const SCRIPTS_TIP =
  "Run the page's own scripts. They cannot reach anything outside the preview, but a script that never ends can block the notebook.";

/** Identifies the page whose scripts were allowed: another version needs a new permission. */
export const pageKey = ({ file, version }: Artifact, older: number | null): string =>
  `${older ?? version}\n${file}`;

export function createTools(
  app: Uses<"run" | "view" | "artifacts" | "operations" | "painting" | "connection">,
  state: ArtifactState,
  ofKernel?: { onDemand: OnDemand<unknown>; createCompareMenu: CreateCompareMenu },
): (props: { row: Artifact }) => Child {
  const { view, operations, connection } = app;
  const CompareMenu = ofKernel?.createCompareMenu(app, state);
  const onDemand = ofKernel?.onDemand;
  /** The page whose scripts were allowed last. */
  let asked = "";

  const measure: Ref = (mark) => {
    const bar = mark.parentElement as HTMLElement;
    const sizes = new ResizeObserver(() => {
      if (bar.clientWidth && bar.clientWidth !== state.barPx) state.set({ barPx: bar.clientWidth });
    });
    sizes.observe(bar);
    return () => sizes.disconnect();
  };

  /** Loads the full text and passes it to `use`. */
  const withFullText = (row: Artifact, use: (pages: string[]) => Promise<void> | void) =>
    operations.attempt("artifact", async () => {
      const loading = { file: row.file, share: 0, cancelled: false };
      try {
        const pages = await fullText(app, row.file, state.version ?? row.version, (share) => {
          loading.share = share;
          state.set({ loading });
          return !loading.cancelled;
        });
        if (pages && !loading.cancelled) await use(pages);
      } finally {
        state.set({ loading: null });
      }
    });

  /** Allows the scripts of a page. */
  async function run(page: string): Promise<void> {
    asked = page;
    if (onDemand?.code || (await onDemand?.load("scripts"))) state.set({ running: page, stopped: "" });
  }

  function toolsOf(row: Artifact): Tool[] {
    const { file, kind, has_content } = row;
    const { source, comparison } = view;
    const page = pageKey(row, state.version);
    const runs = state.running === page;
    const none = has_content ? "" : "It has no content";
    const off = none || (state.loading ? "Wait until the full text is loaded" : "");
    const save: Tool = {
      icon: EXPORT,
      name: `Download ${file}`,
      off: off || connection.off,
      act: () =>
        withFullText(row, (pages) => {
          const data = fileOf(kind, pages);
          saveFile(file, [data], data.type);
        }),
    };
    const copy: Tool = {
      icon: COPY,
      name: `Copy ${file}`,
      off: off || connection.off || (isBinary(kind) ? "It is not a text" : ""),
      act: () =>
        withFullText(row, async (pages) => {
          await copyText(pages.join(""), document.body);
          confirmCopy(view, file);
        }),
    };
    if (comparison) return [save, copy];
    if (source) {
      return [
        {
          icon: FIND,
          name: "Find in source",
          on: state.find !== null,
          off: none,
          act: () => state.set({ find: state.find ? null : { text: "", nth: 1, of: null, line: null } }),
        },
        {
          icon: MARKS,
          name: "Sources",
          tip: "Colour each sentence by where it comes from",
          on: state.marks,
          off: none,
          act: () => state.set({ marks: !state.marks, find: null }),
        },
        save,
        copy,
        {
          icon: WRAP,
          name: "Wrap long lines",
          on: state.wrap,
          act: () => state.set({ wrap: !state.wrap }),
        },
      ];
    }
    if (kind !== "html") return [save, copy];
    return [
      save,
      copy,
      ...DEVICES.map(([device, name, icon]) => ({
        icon,
        name,
        on: state.device === device,
        act: () => state.set({ device: state.device === device ? 0 : device }),
      })),
      ...(onDemand
        ? [
            {
              icon: SCRIPTS,
              name: "Run scripts",
              tip: SCRIPTS_TIP,
              on: runs,
              off: none,
              busy: onDemand.isBusy("scripts"),
              act: () => (runs ? state.set({ running: "", stopped: "" }) : run(page)),
            },
          ]
        : []),
    ];
  }

  return ({ row }) => {
    const tools = toolsOf(row);
    const room = state.barPx - REST_PX - (row.version > 1 ? VERSION_PX : 0);
    const fits = Math.max(1, Math.floor(room / TOOL_PX));
    // The menu takes the room of one tool.
    const visible = tools.length <= fits ? tools.length : Math.max(1, fits - 1);
    const rest = tools.slice(visible);
    return (
      <>
        <i hidden ref={measure} />
        <span class="small dim" role="status">
          {view.copied === row.file && "copied"}
        </span>
        {tools.slice(0, visible).map(({ icon, name, tip, on, off, busy, act }) => (
          <Button
            key={name}
            icon={icon}
            text={tip && <span class="sr">{name}</span>}
            tip={tip ?? name}
            on={on}
            off={off}
            busy={busy}
            onclick={act}
          />
        ))}
        <VersionMenu app={app} state={state} row={row} />
        {CompareMenu && <CompareMenu row={row} />}
        {rest.length > 0 && (
          <Popover
            panels={view}
            id="more-tools"
            role="menu"
            label="More tools"
            icon={MORE}
            text=""
            tip="More tools"
          >
            {() =>
              rest.map(({ icon, name, tip, on, off, act }) => (
                // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only a toggle sets it
                <button
                  role={on === undefined ? "menuitem" : "menuitemcheckbox"}
                  class="option row"
                  aria-checked={on}
                  disabled={!!off}
                  title={off || tip || name}
                  onclick={() => {
                    view.set({ panel: "" });
                    act();
                  }}
                >
                  <Icon d={icon} />
                  <span class="grow cut">{name}</span>
                  {on && <Icon d={CHECK} />}
                </button>
              ))
            }
          </Popover>
        )}
        <Failure failures={operations} at="artifact" />
        <RetryFailure failures={operations} at={loadingAt("scripts")} again={() => run(asked)} />
      </>
    );
  };
}
