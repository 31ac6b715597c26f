// workshop:copy and workshop:copy-and-edit: text for the clipboard, as it is or as the reader has changed it.

import { ActionProblem, bodyOf, register } from "./actions.js";
import { copy } from "./clipboard.js";
import { tell } from "./notice.js";
import { texts } from "./page.js";

async function copyText(text, element) {
    // Where the clipboard is reached by marking text, the focus goes with it.
    const focused = document.activeElement;
    const isDone = await copy(text);
    if (focused && focused !== document.body && element && element.contains(focused)) focused.focus();
    if (!isDone) throw new ActionProblem(texts.copyFailed);
    tell(texts.copied, 2500);
}

register("workshop:copy", (fields, { element }) => copyText(fields.text, element));
register("workshop:copy-and-edit", (fields, { element }) => copyText(element ? bodyOf(element) : fields.text, element));
