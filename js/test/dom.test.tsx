// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Child, createRoot } from "../src/ui/dom";

let place: HTMLElement;
let draw: (tree: Child, part?: Child) => void;

beforeEach(() => {
  place = document.createElement("div");
  document.body.replaceChildren(place);
  draw = createRoot(place);
});

describe("a tree", () => {
  it("is drawn, and changed where it differs", () => {
    const Greeting = ({ name, loud }: { name: string; loud?: boolean }) => (
      <p class={loud ? "loud" : "calm"}>
        Hello {name}
        {loud && <b>!</b>}
      </p>
    );
    draw(<Greeting name="Ada" />);
    const p = place.firstChild;
    expect(place.innerHTML).toBe('<p class="calm">Hello Ada</p>');
    draw(<Greeting name="Grace" loud />);
    expect(place.innerHTML).toBe('<p class="loud">Hello Grace<b>!</b></p>');
    expect(place.firstChild).toBe(p);
    draw(null);
    expect(place.innerHTML).toBe("");
  });

  it("shows the value of a list of choices at its first drawing", () => {
    draw(
      <select value="b">
        <option value="a">A</option>
        <option value="b">B</option>
      </select>,
    );
    expect(place.querySelector("select")?.value).toBe("b");
  });

  it("has one of its parts drawn alone, which the next drawing continues", () => {
    const part = (rows: string[]) => (
      <ul class={`rows${rows.length}`}>
        {rows.map((row) => (
          <li key={row}>{row}</li>
        ))}
      </ul>
    );
    const first = part(["a"]);
    draw([<h3>Title</h3>, first]);
    draw(part(["a", "b"]), first);
    expect(place.innerHTML).toBe('<h3>Title</h3><ul class="rows2"><li>a</li><li>b</li></ul>');
    const [, b] = place.querySelectorAll("li");
    draw(part(["b"]), first);
    expect(place.querySelector("li")).toBe(b);
    draw([<h3>Other</h3>, part(["b", "c"])]);
    expect(place.innerHTML).toBe('<h3>Other</h3><ul class="rows2"><li>b</li><li>c</li></ul>');
    expect(place.querySelector("li")).toBe(b);
  });

  it("never takes text for HTML", () => {
    draw(<p title={'"><img>'}>{"<img src=x onerror=alert(1)>"}</p>);
    expect(place.querySelector("img")).toBeNull();
    expect(place.textContent).toBe("<img src=x onerror=alert(1)>");
  });

  it("keeps the element of a key wherever it goes", () => {
    const list = (keys: string[]) => (
      <ul>
        {keys.map((key) => (
          <li key={key}>{key}</li>
        ))}
      </ul>
    );
    draw(list(["a", "b", "c"]));
    const before = new Map([...place.querySelectorAll("li")].map((item) => [item.textContent, item]));
    for (const order of [["c", "a", "b"], ["b"], ["x", "b", "y"], [], ["b", "a"]]) {
      draw(list(order));
      expect([...place.querySelectorAll("li")].map((item) => item.textContent)).toEqual(order);
    }
    draw(list(["a", "b", "c"]));
    expect(
      [...place.querySelectorAll("li")].filter((item) => before.get(item.textContent) === item),
    ).toHaveLength(0);
    draw(list(["b", "c"]));
    const b = place.querySelector("li");
    draw(list(["c", "b"]));
    expect(place.querySelectorAll("li")[1]).toBe(b);
  });

  it("does not move what stays when something before it comes or goes: frames would load anew", () => {
    const tree = (first: boolean) => (
      <div>
        {first && <p>first</p>}
        <pre key="frame" />
        {!first && <p>last</p>}
      </div>
    );
    draw(tree(true));
    const parent = place.firstChild as HTMLElement;
    const frame = parent.querySelector("pre");
    const inserted = vi.spyOn(parent, "insertBefore");
    draw(tree(false));
    draw(tree(true));
    expect(inserted.mock.calls.filter(([node]) => node === frame)).toEqual([]);
    expect(parent.querySelector("pre")).toBe(frame);
  });

  it("keeps the element of each place in the source when a sibling of the same tag comes or goes", () => {
    const Both = ({ first }: { first: boolean }) => (
      <>
        {first && <button>a</button>}
        <button>b</button>
      </>
    );
    const tree = (first: boolean) => (
      <div>
        {first && <button>options</button>}
        <button>run</button>
        <Both first={first} />
        {[first ? "x" : "", "y"].map((name) => name && <button>{name}</button>)}
      </div>
    );
    draw(tree(false));
    const before = [...place.querySelectorAll("button")];
    expect(before.map((button) => button.textContent)).toEqual(["run", "b", "y"]);
    draw(tree(true));
    expect(before.map((button) => button.textContent)).toEqual(["run", "b", "y"]);
    expect(place.textContent).toBe("optionsrunabxy");
    draw(tree(false));
    expect([...place.querySelectorAll("button")]).toEqual(before);
  });

  it("does not touch a subtree that is the same object", () => {
    const same = <b>same</b>;
    draw(<div>{same}</div>);
    (place.querySelector("b") as HTMLElement).textContent = "left alone";
    draw(<div>{same}</div>);
    expect(place.textContent).toBe("left alone");
    draw(<div />);
    draw(<div>{same}</div>);
    expect(place.textContent).toBe("same");
  });
});

describe("properties", () => {
  it("come and go", () => {
    const clicked = vi.fn();
    draw(<button disabled={false} aria-pressed={false} title="a" tabIndex={-1} onclick={clicked} />);
    const button = place.querySelector("button") as HTMLButtonElement;
    button.click();
    expect(clicked).toHaveBeenCalledOnce();
    expect(button.getAttribute("aria-pressed")).toBe("false");
    draw(<button disabled={true} {...{ "aria-pressed": undefined }} />);
    expect(button.disabled).toBe(true);
    expect([...button.getAttributeNames()].sort()).not.toContain("title");
    expect(button.hasAttribute("aria-pressed")).toBe(false);
    draw(<button />);
    expect(button.disabled).toBe(false);
    button.click();
    expect(clicked).toHaveBeenCalledOnce();
  });

  it("leave a field alone whose content is right, and correct any other", () => {
    draw(<input value="a" />);
    const input = place.querySelector("input") as HTMLInputElement;
    input.value = "ab";
    const set = vi.spyOn(input, "value", "set");
    draw(<input value="ab" />);
    expect(set).not.toHaveBeenCalled();
    draw(<input value="" />);
    expect(input.value).toBe("");
  });

  it("set styles and drawings", () => {
    draw(
      <svg viewBox="0 0 1 1" class="mark">
        <path d="M0 0" />
      </svg>,
    );
    expect(place.querySelector("path")).toBeInstanceOf(SVGElement);
    expect(place.querySelector("svg")?.getAttribute("viewBox")).toBe("0 0 1 1");
    draw(<i style="left:3%" />);
    expect((place.querySelector("i") as HTMLElement).style.left).toBe("3%");
  });
});

describe("refs", () => {
  it("are called in the document, once, and undone when their element leaves", () => {
    const undo = vi.fn();
    const arrive = vi.fn((element: HTMLElement) => {
      expect(element.isConnected).toBe(true);
      return undo;
    });
    const tree = (shown: boolean) => <div>{shown && <section>{<p ref={arrive}>text</p>}</section>}</div>;
    draw(tree(true));
    draw(tree(true));
    expect(arrive).toHaveBeenCalledOnce();
    expect(undo).not.toHaveBeenCalled();
    draw(tree(false));
    expect(undo).toHaveBeenCalledOnce();
    draw(tree(true));
    draw(null);
    expect(undo).toHaveBeenCalledTimes(2);
  });
});
