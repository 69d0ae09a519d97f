// The module `travel.js`, which the kernel sends once a console is on screen: the time axis of its run. `live.js` must
// not import from here.

import { createAxisData } from "./shell/travel/axis-data";
import { createFilm } from "./shell/travel/film";
import { createMoves } from "./shell/travel/moves";
import { rememberPlaying } from "./shell/travel/preferences";
import { createRanges } from "./shell/travel/ranges";
import { createTravel } from "./shell/travel/travel";
import type { CreateTravel } from "./shell/travel/travel-types";
import styles from "./travel.css?inline";

const createTimeAxis: CreateTravel = (app) => {
  const moves = rememberPlaying(createMoves(app));
  const axisOf = createAxisData(app);
  const film = createFilm(app, moves, axisOf);
  const ranges = createRanges(app, moves, film.Toggle);
  const Row = createTravel(app, moves, axisOf, ranges);
  return { Travel: () => [Row(), film.Strip()], styles, closeRange: ranges.close };
};

export default createTimeAxis;
