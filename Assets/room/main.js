// The learner's room: terminals over WebSocket, pages without a reload, the time that is left. Each part is a module of
// its own; they are bundled into one script by Assets/build-room.

import { startActions } from "./actions.js";
import "./check-actions.js";
import "./copy-actions.js";
import { startConnection } from "./connection.js";
import { startDashboards } from "./dashboards.js";
import "./editor-actions.js";
import { startEditor } from "./editor.js";
import "./editor-terminal-actions.js";
import { startEnding } from "./ending.js";
import "./file-actions.js";
import { startFullScreen } from "./full-screen.js";
import { startHalves } from "./halves.js";
import { refresh, startInstructions } from "./instructions.js";
import { startSections } from "./section-actions.js";
import { startSetup } from "./setup.js";
import "./terminal-actions.js";
import { startTerminals } from "./terminals.js";
import { startTime } from "./time.js";
import { startWorkArea } from "./work-area.js";

document.documentElement.classList.replace("no-script", "script");
startWorkArea();
startTerminals();
startHalves();
startEditor();
startDashboards();
startInstructions();
startConnection();
startEnding();
startFullScreen();
startTime();
startSections();
startSetup(refresh);
// Last: what begins by itself needs everything else.
startActions();
