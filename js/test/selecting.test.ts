import { expect, it, vi } from "vitest";
import type { Selection } from "../src/kernel/wire";
import { startSelecting } from "../src/state/selecting";

/** One front end, its view, and the kernel's selection. */
function frontEnd() {
  let painter = () => {};
  const ask = vi.fn();
  const view = {
    stage: null as string | null,
    set(change: { stage: string | null }) {
      Object.assign(view, change);
    },
  };
  const run = { state: { selection: null as Selection | null } };
  const stop = vi.fn();
  const painting = {
    onPaint(next: () => void) {
      painter = next;
      return stop;
    },
  };
  const stopped = startSelecting({ channel: { client: "here", ask }, painting, run, view } as never);
  return { ask, view, run, stopped, stop, paint: () => painter() };
}

const sentStages = ({ ask }: ReturnType<typeof frontEnd>) =>
  ask.mock.calls.map(([name, args]) => [name, args.stage_id]);

it("sends each stage that is selected here once", () => {
  const end = frontEnd();
  end.paint();
  end.view.stage = "copy";
  end.paint();
  end.paint();
  end.view.stage = null;
  end.paint();
  expect(sentStages(end)).toEqual([
    ["run.select", "copy"],
    ["run.select", null],
  ]);
});

it("takes over what is selected elsewhere, and does not send that back", () => {
  const end = frontEnd();
  end.run.state.selection = { number: 1, stage_id: "copy", client: null };
  end.paint();
  expect(end.view.stage).toBe("copy");
  end.run.state.selection = { number: 2, stage_id: null, client: "there" };
  end.paint();
  expect(end.view.stage).toBeNull();
  expect(end.ask).not.toHaveBeenCalled();
});

it("keeps a later selection of its own when the kernel repeats an earlier one", () => {
  const end = frontEnd();
  end.view.stage = "copy";
  end.paint();
  end.view.stage = "review";
  end.run.state.selection = { number: 1, stage_id: "copy", client: "here" };
  end.paint();
  expect(end.view.stage).toBe("review");
  expect(sentStages(end)).toEqual([
    ["run.select", "copy"],
    ["run.select", "review"],
  ]);
});

it("ends with its console", () => {
  const end = frontEnd();
  end.stopped();
  expect(end.stop).toHaveBeenCalledOnce();
});
