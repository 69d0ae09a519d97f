// What stands on the right of the artifact's toolbar: as much of it as there is room for, the rest in a menu.

import type { ArtifactRow } from "../../kernel/wire";
import type { Child, Ref } from "../../ui/dom";
import { CHECK, COPY, EXPORT, Icon } from "../../ui/icons";
import { copyText, saveFile, tellCopied } from "../../ui/page";
import { Popover } from "../../ui/popover";
import { Button, Failure } from "../pane";
import { createCompareMenu } from "./compare";
import { fileOf, isBinary, wholeText } from "./full-text";
import { FIND, FULL, MOBILE, MORE, SCRIPTS, TABLET, WRAP } from "./icons";
import type { Device, Own } from "./state";
import { createVersionMenu } from "./versions";

interface Tool {
  icon: string;
  name: string;
  tip?: string;
  on?: boolean;
  off?: string;
  act: () => void;
}

/** What a tool takes, and what else stands in the bar, in pixels. */
const TOOL_PX = 27;
const REST_PX = 232;
const VERSION_PX = 62;

const DEVICES: [Device, name: string, icon: string][] = [
  [390, "Mobile, 390 px", MOBILE],
  [820, "Tablet, 820 px", TABLET],
  [0, "Full width", FULL],
];

const SCRIPTS_TIP =
  "Run the page's own scripts. They still reach nothing outside the preview, but one that never ends can make the notebook stand still.";

/** Which page it is whose scripts were allowed: another version asks anew. */
export const pageOf = ({ file, version }: ArtifactRow, older: number | null): string =>
  `${older ?? version}\n${file}`;

export function createTools(own: Own): (props: { row: ArtifactRow }) => Child {
  const { app } = own;
  const CompareMenu = createCompareMenu(own);
  const VersionMenu = createVersionMenu(own);

  const measure: Ref = (mark) => {
    const bar = mark.parentElement as HTMLElement;
    const sizes = new ResizeObserver(() => {
      if (bar.clientWidth && bar.clientWidth !== own.px) own.set({ px: bar.clientWidth });
    });
    sizes.observe(bar);
    return () => sizes.disconnect();
  };

  /** Does something with all of the artifact, once it is here. */
  const take = (row: ArtifactRow, use: (pages: string[]) => Promise<void> | void) =>
    app.attempt("artifact", async () => {
      const taking = { file: row.file, share: 0, stopped: false };
      try {
        const pages = await wholeText(app, row.file, own.version ?? row.version, (share) => {
          taking.share = share;
          own.set({ taking });
          return !taking.stopped;
        });
        if (pages && !taking.stopped) await use(pages);
      } finally {
        own.set({ taking: null });
      }
    });

  function toolsOf(row: ArtifactRow): Tool[] {
    const { file, kind, has_content } = row;
    const { source, comparison } = app.view;
    const page = pageOf(row, own.version);
    const runs = own.running === page;
    const none = has_content ? "" : "It has no content";
    const off = none || (own.taking ? "Wait until all of it is here" : "");
    const save: Tool = {
      icon: EXPORT,
      name: `Download ${file}`,
      off: off || app.off,
      act: () =>
        take(row, (pages) => {
          const data = fileOf(kind, pages);
          saveFile(file, data, data.type);
        }),
    };
    const copy: Tool = {
      icon: COPY,
      name: `Copy ${file}`,
      off: off || app.off || (isBinary(kind) ? "It is no text" : ""),
      act: () =>
        take(row, async (pages) => {
          await copyText(pages.join(""), document.body);
          tellCopied(app, file);
        }),
    };
    if (comparison) return [save, copy];
    if (source) {
      return [
        {
          icon: FIND,
          name: "Find in source",
          on: own.find !== null,
          off: none,
          act: () => own.set({ find: own.find ? null : { text: "", nth: 1, of: null, line: null } }),
        },
        save,
        copy,
        { icon: WRAP, name: "Wrap long lines", on: own.wrap, act: () => own.set({ wrap: !own.wrap }) },
      ];
    }
    if (kind !== "html") return [save, copy];
    return [
      save,
      copy,
      ...DEVICES.map(([device, name, icon]) => ({
        icon,
        name,
        on: own.device === device,
        act: () => own.set({ device: own.device === device ? 0 : device }),
      })),
      {
        icon: SCRIPTS,
        name: "Run scripts",
        tip: SCRIPTS_TIP,
        on: runs,
        off: none,
        act: () => own.set({ running: runs ? "" : page, stopped: "" }),
      },
    ];
  }

  return ({ row }) => {
    const tools = toolsOf(row);
    const room = own.px - REST_PX - (row.version > 1 ? VERSION_PX : 0);
    const fits = Math.max(1, Math.floor(room / TOOL_PX));
    // The menu itself takes the place of one.
    const beside = tools.length <= fits ? tools.length : Math.max(1, fits - 1);
    const rest = tools.slice(beside);
    return (
      <>
        <i hidden ref={measure} />
        <span class="small dim" role="status">
          {app.view.copied === row.file && "copied"}
        </span>
        {tools.slice(0, beside).map(({ icon, name, tip, on, off, act }) => (
          <Button
            key={name}
            icon={icon}
            text={tip && <span class="sr">{name}</span>}
            tip={tip ?? name}
            on={on}
            off={off}
            onclick={act}
          />
        ))}
        <VersionMenu row={row} />
        <CompareMenu row={row} />
        {rest.length > 0 && (
          <Popover
            app={app}
            id="more-tools"
            role="menu"
            label="More tools"
            icon={MORE}
            text=""
            tip="More tools"
          >
            {() =>
              rest.map(({ icon, name, tip, on, off, act }) => (
                // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the one that can be on takes it
                <button
                  role={on === undefined ? "menuitem" : "menuitemcheckbox"}
                  class="option row"
                  aria-checked={on}
                  disabled={!!off}
                  title={off || tip || name}
                  onclick={() => {
                    app.set({ panel: "" });
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
        <Failure app={app} at="artifact" />
      </>
    );
  };
}
