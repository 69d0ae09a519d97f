import { beforeEach, describe, expect, it } from "vitest";
import type { Notebook } from "../src/kernel/channel";
import type { ShownReceipt, Traits } from "../src/kernel/wire";
import { writeReceipt } from "../src/state/receipt";

type Cell = Notebook["cells"] extends Iterable<infer Each> ? Each : never;
type Output = ReturnType<NonNullable<Cell["outputs"]>["get"]>;

const MARK = { worker_widget: { receipt: "one" } };
const receipt = (line: string): ShownReceipt => ({
  id: "one",
  data: { "text/plain": line, "text/html": `<div>${line}</div>` },
});
const output = (line: string, metadata: object = MARK): Output => ({
  data: receipt(line).data,
  metadata: { ...metadata },
});

/** A cell of code; `written` are the outputs that were set in it. */
function codeCell(...outputs: Output[]) {
  const written: object[] = [];
  return {
    written,
    outputs: {
      length: outputs.length,
      get: (place: number) => outputs[place] as Output,
      set(place: number, made: object) {
        outputs[place] = made as Output;
        written.push(made);
      },
    },
  };
}

let shown: ShownReceipt;
let changed: () => void;
const start = (notebook: Notebook | undefined) =>
  writeReceipt({
    notebook,
    trait: <Name extends keyof Traits>() => shown as Traits[Name],
    onTrait(name, listener) {
      expect(name).toBe("receipt");
      changed = listener;
    },
  });

beforeEach(() => {
  shown = receipt("Completed");
});

describe("the receipt in the notebook", () => {
  it("is written where the notebook was saved with an earlier one", () => {
    const cell = codeCell(output("The console", {}), output("Running"), output("Running"));
    start({ cells: [{}, cell] });
    const made = { output_type: "display_data", data: receipt("Completed").data, metadata: MARK };
    expect(cell.written).toEqual([made, made]);
    expect(cell.outputs.get(0).data["text/plain"]).toBe("The console");
  });

  it("is written again when the kernel has another one", () => {
    const cell = codeCell(output("Completed"));
    start({ cells: [cell] });
    expect(cell.written).toEqual([]);
    shown = receipt("Failed");
    changed();
    expect(cell.outputs.get(0).data["text/plain"]).toBe("Failed");
  });

  it("is left alone where it is up to date, so that what a person has unfolded stays so", () => {
    const cell = codeCell(output("Running"));
    shown = receipt("Running");
    start({ cells: [cell] });
    cell.outputs.set(0, output("Completed"));
    shown = receipt("Completed");
    changed();
    expect(cell.written).toHaveLength(1);
  });

  it("is not written over the receipt of another console or an output of another kind", () => {
    const others = [{ worker_widget: { receipt: "two" } }, { worker_widget: {} }, { worker_widget: "" }, {}];
    const cell = codeCell(...others.map((metadata) => output("Running", metadata)));
    start({ cells: [cell] });
    expect(cell.written).toEqual([]);
  });

  it("needs no notebook", () => {
    start(undefined);
    changed();
  });
});
