// The difference of two artifacts: what to compare the one on screen with, and the way through the changes.

import type { ArtifactPlace, ArtifactRow, HistoryRow, Requests } from "../../kernel/wire";
import { joined, kindOfRun } from "../../state/history";
import type { Child } from "../../ui/dom";
import { ago } from "../../ui/format";
import { CROSS, DOWN, Icon, kindIcon, Mark } from "../../ui/icons";
import { Button } from "../pane";
import { createDocument, type Kept } from "./documents";
import { COMPARE, UP } from "./icons";
import { createPicker, type Option } from "./picker";
import type { Own } from "./state";

export type Compared = Requests["artifact.compare"]["result"];

export function createCompareMenu(own: Own): (props: { row: ArtifactRow }) => Child {
  const { app } = own;
  const Picker = createPicker(own);

  const load = async () => {
    const answer = await app.act("history.list", {});
    if (answer) app.set({ history: answer.result.runs });
  };

  return ({ row }) => {
    const { file } = row;
    const compare = (a: ArtifactPlace, name: string) => () => {
      const b = { run_id: null, file, version: own.version };
      own.set({ change: 1, changes: null });
      app.set({ picked: file, comparison: { a, b, name } });
    };
    const ofRun = (run: HistoryRow): Option => {
      const when = ago(run.started_us, Date.now() * 1000);
      return {
        id: run.run_id,
        name: file,
        of: joined(kindOfRun(run), run.task || run.run_id),
        icon: <Mark status={run.status} />,
        detail: <span class="small dim num">{when}</span>,
        choose: compare({ run_id: run.run_id, file, version: null }, `The run of ${when}, and this one`),
      };
    };
    const ofArtifact = (other: ArtifactRow): Option => ({
      id: `file ${other.file}`,
      name: other.file,
      of: "this run",
      icon: <Icon d={kindIcon(other.kind)} />,
      choose: compare({ run_id: null, file: other.file, version: null }, `${other.file} and ${file}`),
    });
    const others = () => [
      ...(app.view.history ?? []).filter(({ run_id }) => run_id !== app.state.run?.run_id).map(ofRun),
      ...app.state.artifacts.filter((other) => other.file !== file && other.has_content).map(ofArtifact),
    ];
    return (
      <Picker
        id="compare"
        label={`Compare ${file} with another run or artifact`}
        icon={COMPARE}
        text=""
        tip="Compare with another run or artifact"
        off={app.off || (row.has_content ? "" : "It has no content")}
        onopen={load}
        options={others}
        place="history.list"
      />
    );
  };
}

/** The document of the comparison that is open. */
export function createComparison(own: Own): (row: ArtifactRow) => Kept<Compared> | undefined {
  const { app } = own;
  const document = createDocument<Compared>(app, "artifact.compare");
  return ({ version, status }) => {
    const { comparison } = app.view;
    if (!comparison) return undefined;
    const { a, b } = comparison;
    const { dark } = app.theme;
    const subject = JSON.stringify([app.state.run?.run_id, a, b]);
    return document({
      subject,
      key: JSON.stringify([subject, dark, version, status]),
      due: () => false,
      ask: async () => (await app.request("artifact.compare", { a, b, dark })).result,
    });
  };
}

/** Which comparison this is, and the way through its changes. */
export function ComparisonBar({ own }: { own: Own }) {
  const { app, change, changes } = own;
  const { comparison } = app.view;
  if (!comparison) return null;
  const step = (way: number) => {
    if (changes) own.set({ change: ((change - 1 + way + changes) % changes) + 1 });
  };
  const off = changes ? "" : "There is no change";
  return (
    <div key="comparison" class="bar row small sub" role="group" aria-label="Difference">
      <span class="grow cut" title={comparison.name}>
        {comparison.name}
      </span>
      <span class="num dim" role="status">
        {changes ? `change ${change} of ${changes}` : changes === 0 && "no change"}
      </span>
      <Button icon={UP} tip="Previous change" off={off} onclick={() => step(-1)} />
      <Button icon={DOWN} tip="Next change" off={off} onclick={() => step(1)} />
      <Button icon={CROSS} tip="Close the difference" onclick={() => app.set({ comparison: null })} />
    </div>
  );
}
