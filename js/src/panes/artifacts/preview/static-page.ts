// The only script that runs in the frame of a page whose own scripts do not.

import { draw } from "./drawing";

draw();
