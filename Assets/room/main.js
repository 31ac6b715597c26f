// The learner's room: terminals over WebSocket, pages without a reload, the time that is left. Each part is a module of
// its own; they are bundled into one script by Assets/build-room.

import { startActions } from "./actions.js";
import { startConnection } from "./connection.js";
import { startEnding } from "./ending.js";
import { startHalves } from "./halves.js";
import { startInstructions } from "./instructions.js";
import { startTerminals } from "./terminals.js";
import { startTime } from "./time.js";

document.documentElement.classList.replace("no-script", "script");
startTerminals();
startHalves();
startActions();
startInstructions();
startConnection();
startEnding();
startTime();
