// The difference of two artifacts: the choice of the other artifact, and navigation between the changes.

import type { Artifact, ArtifactRef, ComparedArtifacts, HistoryRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { joined, kindOfRun } from "../../state/run-kind";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { ago } from "../../ui/format";
import { CROSS, DOWN, Icon, kindIcon, Mark } from "../../ui/icons";
import { createDocument, type Received } from "./documents";
import { COMPARE, UP } from "./icons";
import { createPicker, type Option } from "./picker";
import type { ArtifactState } from "./state";

export type CreateCompareMenu = (
  app: Uses<"run" | "view" | "operations" | "painting" | "connection">,
  state: ArtifactState,
) => (props: { row: Artifact }) => Child;

export const createCompareMenu: CreateCompareMenu = (app, state) => {
  const { view } = app;
  const Picker = createPicker(app, state);

  const load = async () => {
    const answer = await app.operations.act("history.list", {});
    if (answer) view.set({ history: answer.result.runs });
  };

  return ({ row }) => {
    const { file } = row;
    const { run, artifacts } = app.run.state;
    const compare = (a: ArtifactRef, name: string) => () => {
      const b = { run_id: null, file, version: state.version };
      state.set({ change: 1, changes: null });
      view.set({ picked: file, comparison: { a, b, name } });
    };
    const optionOfRun = (other: HistoryRow): Option => {
      const when = ago(other.started_us, Date.now() * 1000);
      return {
        id: other.run_id,
        name: file,
        of: joined(kindOfRun(other), other.task || other.run_id),
        icon: <Mark status={other.status} />,
        detail: <span class="small dim num">{when}</span>,
        choose: compare({ run_id: other.run_id, file, version: null }, `The run of ${when}, and this run`),
      };
    };
    const optionOfArtifact = (other: Artifact): Option => ({
      id: `file ${other.file}`,
      name: other.file,
      of: "this run",
      icon: <Icon d={kindIcon(other.kind)} />,
      choose: compare({ run_id: null, file: other.file, version: null }, `${other.file} and ${file}`),
    });
    const others = () => [
      ...(view.history ?? []).filter(({ run_id }) => run_id !== run?.run_id).map(optionOfRun),
      ...artifacts.filter((other) => other.file !== file && other.has_content).map(optionOfArtifact),
    ];
    return (
      <Picker
        id="compare"
        label={`Compare ${file} with another run or artifact`}
        icon={COMPARE}
        text=""
        tip="Compare with another run or artifact"
        off={app.connection.off || (row.has_content ? "" : "It has no content")}
        onopen={load}
        options={others}
        operation="history.list"
      />
    );
  };
};

/** The document of the open comparison. */
export function createComparison(
  app: Uses<"run" | "view" | "appearance" | "operations" | "connection">,
): (row: Artifact) => Received<ComparedArtifacts> | undefined {
  const document = createDocument<ComparedArtifacts>(app, "artifact.compare");
  return ({ version, status }) => {
    const { comparison } = app.view;
    if (!comparison) return undefined;
    const { a, b } = comparison;
    const { dark } = app.appearance;
    const { run, past } = app.run.state;
    const subject = JSON.stringify([run?.run_id, a, b]);
    return document({
      subject,
      key: JSON.stringify([subject, dark, version, status, past?.position]),
      isOutdated: () => false,
      request: async () => (await app.operations.request("artifact.compare", { a, b, dark })).result,
    });
  };
}

/** Names the comparison, with navigation between its changes. */
export function ComparisonBar({ app: { view }, state }: { app: Uses<"view">; state: ArtifactState }) {
  const { change, changes } = state;
  const { comparison } = view;
  if (!comparison) return null;
  const step = (direction: 1 | -1) => {
    if (changes) state.set({ change: ((change - 1 + direction + changes) % changes) + 1 });
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
      <Button icon={CROSS} tip="Close the difference" onclick={() => view.set({ comparison: null })} />
    </div>
  );
}
