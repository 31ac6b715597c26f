// Questions that need an answer before anything happens.

import { texts } from "./page.js";

/// Shows a dialog and returns the `value` of the button that was pressed, or `null` when it was left. With `label` the dialog
/// has a field, and the answer is its text.
///
/// - choices: [{ value, name, kind }], the first is the usual one; kind is "primary", "danger" or nothing.
/// - check(text): why a text cannot be taken, or nothing.
export function ask({ title, body = "", label = "", text = "", check = () => "", choices }) {
    return new Promise((resolve) => {
        const dialog = document.createElement("dialog");
        dialog.className = "ask";
        const heading = document.createElement("h2");
        heading.id = "ask-title";
        heading.textContent = title;
        dialog.setAttribute("aria-labelledby", heading.id);
        const form = document.createElement("form");
        form.method = "dialog";
        form.append(heading);
        if (body) {
            const paragraph = document.createElement("p");
            paragraph.textContent = body;
            form.append(paragraph);
        }
        let input = null;
        const mistake = document.createElement("p");
        mistake.className = "ask-mistake";
        mistake.id = "ask-mistake";
        mistake.setAttribute("role", "alert");
        if (label) {
            const name = document.createElement("label");
            name.textContent = label;
            name.htmlFor = "ask-text";
            input = document.createElement("input");
            input.id = "ask-text";
            input.type = "text";
            input.value = text;
            input.autocomplete = "off";
            input.spellcheck = false;
            input.setAttribute("aria-describedby", mistake.id);
            form.append(name, input, mistake);
        }
        const row = document.createElement("div");
        row.className = "actions";
        let answer = null;
        for (const choice of [...choices, { value: null, name: texts.cancel }]) {
            const button = document.createElement("button");
            button.type = choice.value === null ? "button" : "submit";
            button.className = choice.kind ? `button ${choice.kind}` : "button";
            button.textContent = choice.name;
            button.addEventListener("click", (event) => {
                if (choice.value === null) return dialog.close();
                const wrong = input ? check(input.value.trim()) : "";
                if (wrong) {
                    event.preventDefault();
                    mistake.textContent = wrong;
                    input.setAttribute("aria-invalid", "true");
                    input.focus();
                    return;
                }
                answer = input ? input.value.trim() : choice.value;
            });
            row.append(button);
        }
        form.append(row);
        dialog.append(form);
        const before = document.activeElement;
        dialog.addEventListener("close", () => {
            dialog.remove();
            if (before && before.isConnected) before.focus();
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
        if (input) {
            input.focus();
            const dot = text.lastIndexOf(".");
            input.setSelectionRange(0, dot > 0 ? dot : text.length);
        }
    });
}
