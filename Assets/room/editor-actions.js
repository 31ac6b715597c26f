// Actions of the instructions on files (spec/dashboard.md section 6): the agent changes the files, the editor shows them.

import { ActionProblem, register } from "./actions.js";
import { EditorProblem, performOnFiles } from "./editor-calls.js";
import { editorReady, hasEditor, showEditorTab } from "./editor.js";
import { texts } from "./page.js";

/// What goes wrong with files is what the learner should know.
async function told(work) {
    try {
        return await work();
    } catch (problem) {
        if (problem instanceof EditorProblem) throw new ActionProblem(problem.message);
        throw problem;
    }
}

/// The path as the agent names it, as far as it can be known here.
function plainPath(path) {
    return String(path || "").replace(/^(~|\$HOME|\$\{HOME\})\//, "").replace(/^\.\//, "");
}

async function act(name, fields, { isAutomatic }) {
    if (!hasEditor) throw new ActionProblem(texts.editorMissing);
    await told(async () => {
        const editor = await editorReady();
        const path = plainPath(fields.file || fields.src);
        const open = editor.known(path);
        // What is not saved yet belongs to the file that the action means.
        if (open && open.isDirty) await open.save();
        if (open && open.conflict) throw new EditorProblem(texts.conflictFirst);
        const selection = path ? editor.selectionOf(path) : null;
        const outcome = await performOnFiles(name, fields, selection || undefined);
        if (outcome.closed) {
            const closed = editor.known(outcome.closed);
            if (closed) await editor.close(closed, { force: name !== "editor:close-file" });
        }
        if (outcome.changesFolders) await editor.tree.refresh().catch(() => {});
        if (outcome.file) {
            showEditorTab();
            await editor.showChange(outcome);
            if (!isAutomatic) editor.view.focus();
        }
    });
}

const names = [
    "open-file", "create-file", "append-lines-to-file", "prepend-lines-to-file", "create-directory", "insert-lines-before-line",
    "append-lines-after-line", "insert-lines-before-match", "append-lines-after-match", "select-matching-text", "select-lines-in-range",
    "replace-text-selection", "insert-lines-before-selection", "append-lines-after-selection", "delete-text-selection",
    "replace-matching-text", "delete-lines-in-range", "delete-matching-lines", "replace-lines-in-range", "copy-file", "rename-file",
    "close-file", "delete-file", "set-yaml-value", "add-yaml-item", "replace-yaml-item", "merge-yaml-values", "insert-yaml-item",
    "delete-yaml-value", "select-yaml-path", "insert-value-into-yaml",
];
for (const name of names) register(`editor:${name}`, (fields, context) => act(`editor:${name}`, fields, context));

// ---- Commands -----------------------------------------------------------------------------------------------------

/// Commands of Visual Studio Code's that workshops use, by what they are here.
const commands = {
    "workbench.action.files.save": "save", "workbench.action.files.saveAll": "saveAll", undo: "undo", redo: "redo",
    "editor.action.selectAll": "selectAll", "actions.find": "find", "editor.action.nextMatchFindAction": "findNext",
    "editor.action.previousMatchFindAction": "findPrevious", "editor.action.startFindReplaceAction": "find",
    "workbench.action.gotoLine": "goToLine", "editor.action.commentLine": "toggleComment", "editor.action.deleteLines": "deleteLine",
    "editor.action.formatDocument": "indent", "workbench.action.closeActiveEditor": "close", "workbench.action.closeAllEditors": "closeAll",
    cursorTop: "start", cursorBottom: "end",
};
const shortNames = ["save", "saveAll", "find", "findNext", "findPrevious", "goToLine", "selectAll", "toggleComment", "deleteLine", "close", "closeAll"];

register("editor:execute-command", async (fields) => {
    if (!hasEditor) throw new ActionProblem(texts.editorMissing);
    const command = commands[fields.command] || (shortNames.includes(fields.command) ? fields.command : null);
    if (!command) throw new ActionProblem(texts.commandUnknown.replace("{name}", fields.command));
    await told(async () => {
        const editor = await editorReady();
        showEditorTab();
        if (!await editor.command(command)) throw new EditorProblem(texts.noFileOpen);
    });
});
