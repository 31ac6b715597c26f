// Buttons of code blocks.

import { copy } from "./clipboard.js";
import { tell } from "./notice.js";
import { formToken, texts } from "./page.js";
import { terminals } from "./terminals.js";
import { showTab, tabOf } from "./work-area.js";

export function startActions() {
    document.addEventListener("click", async (event) => {
        const button = event.target.closest("button[data-copy], button[data-action]");
        if (!button) return;
        if (button.dataset.event) {
            // Nothing depends on it, and nobody waits for it.
            fetch("/session/event", {
                method: "POST", redirect: "manual", headers: { "Lectern-Form-Token": formToken },
                body: new URLSearchParams({ event_name: button.dataset.event }),
            }).catch(() => {});
        }
        if (button.dataset.copy !== undefined) {
            const done = await copy(button.dataset.copy);
            button.focus();
            tell(done ? texts.copied : texts.copyFailed, 2500);
            if (done) flash(button);
            return;
        }
        const { action, text = "" } = button.dataset;
        const ids = (button.dataset.terminals || "1").split(" ");
        for (const id of ids) {
            const terminal = terminals.get(id);
            if (!terminal) continue;
            if (button.dataset.clear || action === "clear") terminal.view.clear();
            if (action === "run") terminal.type(text.replace(/\n/g, "\r") + "\r");
            if (action === "type") terminal.type(text.replace(/\n/g, "\r"));
            if (action === "interrupt") terminal.type("\x03");
        }
        const first = terminals.get(ids[0]);
        if (first) {
            const tab = tabOf(first.element);
            if (tab) showTab(tab.id);
            first.focus();
            flash(button);
        }
    });
}

function flash(button) {
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
}
