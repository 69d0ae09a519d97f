// The only script in the frame of a page whose own scripts do not run.

import { draw } from "./frame-document";

draw();
