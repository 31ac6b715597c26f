// The editor's own terminals (`editor:open-terminal` and its like): tabs of the work area with a terminal of that name.

import { ActionProblem, register } from "./actions.js";
import { createDashboard, deleteDashboard } from "./dashboards.js";
import { texts } from "./page.js";
import { terminals } from "./terminals.js";
import { findTab, showTab } from "./work-area.js";

/// How long a terminal may take to be there.
const PATIENCE = 5000;

function tabName(session) { return texts.terminalNamed.replace("{id}", session); }

/// The terminal, in a tab of its own that is shown; the tab is made where there is none.
async function opened(session, isQuiet) {
    const there = findTab(tabName(session));
    if (there) {
        showTab(there.id);
    } else {
        try {
            createDashboard({ name: tabName(session), url: `terminal:${session}`, focus: true });
        } catch {
            throw new ActionProblem(texts.terminalNameWrong.replace("{id}", session));
        }
    }
    const limit = Date.now() + PATIENCE;
    for (;;) {
        const terminal = terminals.get(session);
        if (terminal && terminal.socket && terminal.socket.readyState === WebSocket.OPEN) {
            if (!isQuiet) terminal.focus();
            return terminal;
        }
        if (Date.now() > limit) throw new ActionProblem(texts.terminalNotReady);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
}

const name = (fields) => String(fields.session || "educates");

register("editor:open-terminal", async (fields, { isAutomatic }) => { await opened(name(fields), isAutomatic); });
register("editor:close-terminal", async (fields) => { deleteDashboard(tabName(name(fields))); });
register("editor:send-to-terminal", async (fields, { isAutomatic }) => {
    const terminal = await opened(name(fields), isAutomatic);
    const text = String(fields.text).replace(/\n$/, "").replace(/\n/g, "\r");
    terminal.type(fields.endl === false ? text : `${text}\r`);
});
for (const [verb, action] of [["interrupt", (terminal) => terminal.type("\x03")], ["clear", (terminal) => terminal.view.clear()]]) {
    register(`editor:${verb}-terminal`, async (fields, { isAutomatic }) => {
        // Where there is no such terminal there is nothing to be done.
        if (terminals.has(name(fields))) action(await opened(name(fields), isAutomatic));
    });
}
