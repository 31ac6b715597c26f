// The workshop's own setup: says that it still runs, and that something in it went wrong.

import { call } from "./connection.js";
import { tell } from "./notice.js";
import { room, session, state, texts } from "./page.js";

const STEP = 700;

function failed() {
    const dialog = document.getElementById("setup-dialog");
    if (!dialog || sessionStorage.getItem("lectern-setup-told") === session) return;
    document.getElementById("setup-go-on").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => sessionStorage.setItem("lectern-setup-told", session));
    dialog.showModal();
}

/// - onEnd: what the pages say may depend on what was set up.
async function follow(onEnd) {
    tell(texts.settingUp, 0);
    while (!state.isOver) {
        await new Promise((resolve) => setTimeout(resolve, STEP));
        let answer = {};
        try { answer = await call("/setup/state"); } catch { /* The terminals show that they reconnect. */ }
        const word = answer.body && answer.body.state;
        if (answer.isGone) return;
        if (word !== "fine" && word !== "failed") continue;
        tell(word === "fine" ? texts.setUp : "", 3000);
        // A page that cannot be had now is as it was.
        await Promise.resolve(onEnd()).catch(() => {});
        if (word === "failed") failed();
        return;
    }
}

export function startSetup(onEnd = () => {}) {
    if (room.dataset.setup === "running") follow(onEnd);
    else if (room.dataset.setup === "failed") failed();
}
