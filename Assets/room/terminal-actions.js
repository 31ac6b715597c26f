// terminal:* of the instructions: what is typed into which terminal.

import { ActionProblem, register } from "./actions.js";
import { texts } from "./page.js";
import { terminals } from "./terminals.js";
import { showTab, tabOf } from "./work-area.js";

const paneOf = (id) => document.querySelector(`.terminal-pane[data-terminal="${CSS.escape(id)}"]`);
const everyOne = () => ["1", "2", "3"].filter(paneOf);

/// A terminal that takes input, which it may take a moment for after the page was loaded.
async function connected(id, signal) {
    const pane = paneOf(id);
    if (!pane) throw new ActionProblem(texts.noSuchTerminal.replace("{name}", () => id));
    // One that was never in sight starts now.
    const tab = tabOf(pane);
    if (tab && !terminals.has(id)) showTab(tab.id, { staysInHalf: true });
    const terminal = terminals.get(id);
    if (!terminal) throw new ActionProblem(texts.terminalAway);
    for (let tries = 0; tries < 200; tries += 1) {
        if (terminal.socket && terminal.socket.readyState === WebSocket.OPEN && terminal.stream) return terminal;
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (signal && signal.aborted) break;
    }
    throw new ActionProblem(texts.terminalAway);
}

/// Does something with the terminals meant, and leaves the first of them ready for typing.
async function withTerminals(session, context, action) {
    const ids = session === "*" ? everyOne() : [session || "1"];
    if (ids.length === 0) throw new ActionProblem(texts.noSuchTerminal.replace("{name}", "1"));
    const chosen = [];
    for (const id of ids) chosen.push(await connected(id, context.signal));
    chosen.forEach(action);
    if (context.isAutomatic) return;
    const tab = tabOf(chosen[0].element);
    if (tab) showTab(tab.id);
    chosen[0].focus();
}

const typed = (text) => String(text).replace(/\r\n?|\n/g, "\r");
function execute(fields) {
    return (terminal) => {
        if (fields.clear) terminal.view.clear();
        terminal.type(`${typed(String(fields.command).replace(/\n+$/, ""))}\r`);
    };
}
const interrupt = (terminal) => terminal.type("\x03");
const clear = (terminal) => terminal.view.clear();

register("terminal:execute", (fields, context) => withTerminals(fields.session, context, execute(fields)));
register("terminal:execute-all", (fields, context) => withTerminals("*", context, execute(fields)));
register("terminal:interrupt", (fields, context) => withTerminals(fields.session, context, interrupt));
register("terminal:interrupt-all", (fields, context) => withTerminals("*", context, interrupt));
register("terminal:clear", (fields, context) => withTerminals(fields.session, context, clear));
register("terminal:clear-all", (fields, context) => withTerminals("*", context, clear));
register("terminal:input", (fields, context) => withTerminals(fields.session, context, (terminal) => {
    terminal.type(typed(fields.text) + (fields.endl === false ? "" : "\r"));
}));
register("terminal:select", (fields, context) => withTerminals(fields.session, { ...context, isAutomatic: false }, () => {}));
