// The end of the session: asked for by the learner, or told by the portal.

import { enterAgain, post } from "./connection.js";
import { tell, warn } from "./notice.js";
import { room, state, texts } from "./page.js";

const endDialog = document.getElementById("end-dialog");
const overDialog = document.getElementById("over-dialog");
const listeners = [];

/// Called once, when the session turns out to be over.
export function onOver(action) { listeners.push(action); }

/// The session is over, whoever ended it: says so, and offers the way back.
export function over() {
    if (state.isOver) return;
    state.isOver = true;
    for (const action of listeners) action();
    tell("", 1);
    warn("", 1);
    if (endDialog.open) endDialog.close();
    // Escape would leave a room in which nothing works any more.
    overDialog.addEventListener("cancel", (event) => event.preventDefault());
    overDialog.showModal();
    // Only where the workshop wants it: a room in which nobody sits any more.
    const seconds = JSON.parse(room.dataset.countdown || "{}").leave;
    if (typeof seconds === "number") setTimeout(() => leave(room.dataset.returnUrl), seconds * 1000);
}

/// To the page the learner came from, out of any frame around the room.
export function leave(url) {
    if (window.top === window) return location.assign(url);
    // Setting the address is all that a page may do with a window of another site, and only after a click.
    try { window.top.location.href = url; } catch { offerToLeave(url); }
}

/// The link asks for the whole window, and following it is a click.
function offerToLeave(url) {
    document.getElementById("go-back").href = url;
    if (endDialog.open) endDialog.close();
    if (!overDialog.open) overDialog.showModal();
}

/// Whether that is meant.
export function askToEnd() { if (!state.isOver && !endDialog.open) endDialog.showModal(); }

async function end(event) {
    event.preventDefault();
    const button = document.getElementById("end-confirm");
    button.disabled = true;
    tell(texts.ending, 0);
    try {
        const answer = await post("/session/end");
        if (answer.isGone || answer.status === 200) {
            state.isOver = true;
            leave((answer.body && answer.body.return_url) || room.dataset.returnUrl);
            return;
        }
        if (answer.status === 401) return enterAgain();
        tell(texts.endFailed);
    } catch {
        tell(texts.endFailed);
    }
    button.disabled = false;
}

export function startEnding() {
    document.getElementById("end").addEventListener("click", (event) => {
        event.preventDefault();
        askToEnd();
    });
    // The last page of the instructions leads here, too.
    document.addEventListener("click", (event) => {
        if (!event.target.closest("a.finish")) return;
        event.preventDefault();
        askToEnd();
    });
    document.getElementById("stay").addEventListener("click", (event) => {
        event.preventDefault();
        endDialog.close();
    });
    document.getElementById("end-form").addEventListener("submit", end);
}
