// The files that are open in the editor: their texts, what of them is saved, and what happens when somebody else changes
// them.

import { EditorProblem, readFile, writeFile } from "./editor-calls.js";
import { indentationOf, languageOf } from "./editor-library.js";

const AUTOSAVE_DELAY = 1000;

export class OpenFile {
    /// - answer: of `readFile`.
    constructor(CodeMirror, answer, changed) {
        this.CodeMirror = CodeMirror;
        this.path = answer.path;
        this.name = answer.path.split("/").pop();
        /// null, or { kind: "changed" | "gone", text, version, stamp }: what somebody else did while there were changes here.
        this.conflict = null;
        this.changed = changed;
        this.saving = null;
        // Line breaks stay what they are, also where a file has both kinds.
        const windows = (answer.text.match(/\r\n/g) || []).length;
        const all = (answer.text.match(/\n/g) || []).length;
        this.lineBreak = windows > 0 && windows === all ? "\r\n" : "\n";
        this.doc = new CodeMirror.Doc(answer.text, languageOf(this.path, answer.text), 0, windows > 0 && windows < all ? "\n" : undefined);
        this.indentation = indentationOf(this.path, answer.text);
        this.take(answer);
        this.doc.clearHistory();
        this.doc.on("change", () => {
            changed(this);
            this.autosaveSoon();
        });
    }

    take({ version, stamp, isWritable = this.isWritable }) {
        this.version = version;
        this.stamp = stamp;
        this.isWritable = isWritable;
        this.clean = this.doc.changeGeneration(true);
    }

    get isDirty() { return !this.doc.isClean(this.clean); }
    get text() { return this.doc.getValue(this.lineBreak); }

    /// Another text as one change that can be undone; the cursor stays where it was in what is the same.
    setText(text) {
        const lines = text.replace(/\r\n/g, "\n");
        const before = this.doc.getValue("\n");
        if (lines === before) return;
        const shorter = Math.min(lines.length, before.length);
        let start = 0;
        while (start < shorter && lines[start] === before[start]) start += 1;
        let end = 0;
        while (end < shorter - start && lines[lines.length - 1 - end] === before[before.length - 1 - end]) end += 1;
        this.doc.replaceRange(
            lines.slice(start, lines.length - end), this.doc.posFromIndex(start), this.doc.posFromIndex(before.length - end), "reload");
    }

    autosaveSoon() {
        clearTimeout(this.timer);
        if (!OpenFile.autosaves || !this.isDirty || this.conflict) return;
        this.timer = setTimeout(() => { this.save().catch(() => { /* The bar or the state says it. */ }); }, AUTOSAVE_DELAY);
    }

    /// Saves what is changed. One save after the other; throws an EditorProblem, whose status is 409 after a change of somebody
    /// else's, which then is the conflict.
    async save({ version = this.version, force = false } = {}) {
        clearTimeout(this.timer);
        while (this.saving) await this.saving.catch(() => {});
        if (!force && !this.isDirty) return;
        const generation = this.doc.changeGeneration(true);
        this.saving = writeFile(this.path, this.text, version);
        this.failure = "";
        this.changed(this);
        try {
            const answer = await this.saving;
            this.version = answer.version;
            this.stamp = answer.stamp;
            this.clean = generation;
            this.conflict = null;
        } catch (problem) {
            if (problem.status === 409) {
                const { isGone, text, version: other, stamp } = problem.body;
                // The same text: nobody needs to choose.
                if (text !== undefined && text === this.text) {
                    this.version = other;
                    this.stamp = stamp;
                    this.clean = generation;
                    return;
                }
                this.conflict = text === undefined ? { kind: isGone ? "gone" : "other" } : { kind: "changed", text, version: other, stamp };
            }
            this.failure = problem.message;
            throw problem;
        } finally {
            this.saving = null;
            this.changed(this);
            this.autosaveSoon();
        }
    }

    /// The file may have changed: takes over what is there, unless there are changes here too.
    async look() {
        if (this.saving) return;
        let answer;
        try {
            answer = await readFile(this.path);
        } catch (problem) {
            if (!(problem instanceof EditorProblem) || !problem.status) return;
            this.stamp = null;
            this.conflict = { kind: problem.status === 404 ? "gone" : "other" };
            this.changed(this);
            return;
        }
        if (this.saving) return;
        if (answer.version === this.version) {
            this.stamp = answer.stamp;
            this.isWritable = answer.isWritable;
            if (this.conflict) this.conflict = null;
        } else if (this.isDirty && answer.text !== this.text) {
            this.conflict = { kind: "changed", text: answer.text, version: answer.version, stamp: answer.stamp };
            this.stamp = answer.stamp;
            clearTimeout(this.timer);
        } else {
            this.setText(answer.text);
            this.take(answer);
            this.conflict = null;
        }
        this.changed(this);
    }

    /// The learner's choice where both have changed.
    takeTheirs() {
        const theirs = this.conflict;
        if (!theirs || theirs.text === undefined) return;
        this.conflict = null;
        this.setText(theirs.text);
        this.take(theirs);
        this.changed(this);
    }

    async keepMine() {
        const theirs = this.conflict;
        this.conflict = null;
        const version = theirs && theirs.kind === "changed" ? theirs.version : theirs && theirs.kind === "gone" ? "" : "*";
        await this.save({ version, force: true });
    }
}

/// Whether changes are saved by themselves; kept in this browser.
OpenFile.autosaves = (() => {
    try { return localStorage.getItem("lectern-autosave") !== "no"; } catch { return true; }
})();

export function setAutosave(isOn) {
    OpenFile.autosaves = isOn;
    try { localStorage.setItem("lectern-autosave", isOn ? "yes" : "no"); } catch { /* Private windows keep nothing. */ }
}
