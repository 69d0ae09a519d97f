// The viewer of a report: one HTML file with the data of runs. It mounts the console in the page, which needs no server
// and no network. Its text is in that file, with the hash that allows it and no other script.

import type { Surroundings } from "./live-types";
import { createReportData } from "./report/data";
import { createReportKernel } from "./report/kernel";
import { createReportLive } from "./report/live";
import { type Load, mountConsole } from "./shell/mounting";
import type { App } from "./state/app";

const MARGIN_PX = 8;
const LEAST_PX = 480;
const heightOfPage = () => Math.max(LEAST_PX, window.innerHeight - 2 * MARGIN_PX);

async function start(): Promise<void> {
  const kernel = await createReportKernel(createReportData(document), heightOfPage());
  const place = document.createElement("main");
  place.style.margin = `${MARGIN_PX}px`;
  const title = document.createElement("h1");
  title.className = "sr";
  title.textContent = document.title;
  place.append(title);
  document.getElementById("summary")?.remove();
  document.body.append(place);
  // The code is here: it need not be imported from a text.
  const load =
    async () =>
    (app: App, { host }: Surroundings) =>
      createReportLive(app, kernel, host);
  mountConsole(place, kernel.connect, load as Load);
  window.addEventListener("resize", () => kernel.setHeight(heightOfPage()));
}

// Without the console, the summary stays, with the reason.
start().catch((error: Error) => {
  const note = document.createElement("p");
  note.textContent = `The console of this report does not start; the file may be damaged: ${error.message}`;
  document.getElementById("summary")?.prepend(note);
});
