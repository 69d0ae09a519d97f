// Runs inside the innermost preview frame, and is the only script that ever does. It is sent chunks
// of a document, writes them into its own, and keeps links from leading away.

interface Order {
  /** Begin a new document; `keep` leaves the reader where they were. */
  open?: "anew" | "keep";
  text: string;
  close: boolean;
}

let port: MessagePort | undefined;
/** Whether someone has taken over from the view's own scrolling. */
let touched = false;

const listen = (names: string, listener: (event: Event) => void) => {
  for (const name of names.split(" ")) addEventListener(name, listener, true);
};

function onClick(event: Event): void {
  for (const node of event.composedPath() as Element[]) {
    const href = node.getAttribute?.("href") ?? node.getAttribute?.("xlink:href");
    if (href == null) continue;
    event.preventDefault();
    const name = href.slice(1);
    if (href[0] !== "#") port?.postMessage({ href: href.slice(0, 2000) });
    else (document.getElementById(name) ?? document.documentElement).scrollIntoView();
    return;
  }
}

function obey({ open, text, close }: Order): void {
  const y = scrollY;
  if (open) {
    touched &&= open === "keep";
    document.open();
    // Opening a document removes the listeners of the one before.
    listen("click auxclick", onClick);
    listen("submit dragstart", (event) => event.preventDefault());
    listen("wheel keydown pointerdown", () => {
      touched = true;
    });
  }
  document.write(text);
  if (close) document.close();
  // Until someone takes over, the view follows what is being written, and shows the start of what is done.
  if (!touched) scrollTo(0, close ? 0 : (document.documentElement?.scrollHeight ?? 0));
  else if (open) scrollTo(0, y);
}

addEventListener("message", ({ ports }) => {
  port = ports[0];
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<Order>) => obey(data);
  port.postMessage({});
});
