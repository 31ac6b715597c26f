// The tab of the editor: tree, open files, what surrounds them. CodeMirror is loaded when the tab is shown first.

import { ask } from "./ask.js";
import { changesSince, EditorProblem, readFile } from "./editor-calls.js";
import { OpenFile, setAutosave } from "./editor-files.js";
import { FindBar } from "./editor-find.js";
import { loadCodeMirror } from "./editor-library.js";
import { FileTree, showMenu } from "./editor-tree.js";
import { moveOn } from "./halves.js";
import { onWake } from "./connection.js";
import { tell } from "./notice.js";
import { state, texts } from "./page.js";
import { showTab, whenShown } from "./work-area.js";

const LOOK_INTERVAL = 2000;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const panel = document.querySelector(".work-panel[data-kind=editor]");
let editor = null;
let starting = null;

/// Whether the workshop has an editor.
export const hasEditor = Boolean(panel);

/// The editor, ready to be used. Throws an EditorProblem when it cannot be loaded.
export function editorReady() {
    if (!panel) throw new EditorProblem(texts.editorMissing);
    starting ||= loadCodeMirror().then((CodeMirror) => {
        editor = new Editor(panel, CodeMirror);
        return editor.start();
    });
    starting.catch(() => { starting = null; });
    return starting.catch(() => { throw new EditorProblem(texts.editorNotLoaded); });
}

export function showEditorTab() { showTab(panel.dataset.tab); }

export function startEditor() {
    if (!panel) return;
    whenShown(panel.dataset.tab, () => {
        if (!editor) panel.classList.add("loading");
        editorReady().then(() => editor.shown(), (problem) => tell(problem.message));
    });
    addEventListener("beforeunload", (event) => {
        if (!editor || state.isOver) return;
        editor.saveAll().catch(() => {});
        if (editor.files.some((file) => file.isDirty)) event.preventDefault();
    });
}

class Editor {
    constructor(panel, CodeMirror) {
        this.panel = panel;
        this.CodeMirror = CodeMirror;
        /// In the order of their tabs.
        this.files = [];
        this.shownFile = null;
        this.build();
    }

    // What it is made of

    build() {
        const make = (name, className, ...children) => {
            const element = document.createElement(name);
            element.className = className;
            element.append(...children);
            return element;
        };
        const button = (label, action, className = "button compact") => {
            const made = make("button", className, label);
            made.type = "button";
            made.addEventListener("click", action);
            return made;
        };
        this.treeElement = make("ul", "tree");
        this.treeElement.setAttribute("role", "tree");
        this.treeElement.setAttribute("aria-label", texts.files);
        this.more = button("⋯", () => this.treeMenu(), "button compact");
        this.more.setAttribute("aria-label", texts.moreForFiles);
        this.more.setAttribute("aria-haspopup", "menu");
        this.side = make("div", "editor-side",
            make("div", "editor-side-head", make("h2", "editor-side-title", texts.files), button(texts.newFile, () => this.tree.create("newFile", this.tree.currentFolder)), this.more),
            this.treeElement);
        this.side.id = "editor-side";

        this.toggle = button(texts.files, () => this.toggleSide(), "button compact editor-toggle");
        this.toggle.setAttribute("aria-controls", this.side.id);
        this.strip = make("div", "editor-files");
        this.strip.setAttribute("role", "tablist");
        this.strip.setAttribute("aria-label", texts.openFiles);
        this.saveButton = button(texts.save, () => this.save());
        this.undoButton = button(texts.undo, () => this.command("undo"));
        this.redoButton = button(texts.redo, () => this.command("redo"));
        const autosave = make("label", "editor-autosave");
        this.autosave = Object.assign(document.createElement("input"), { type: "checkbox", checked: OpenFile.autosaves });
        this.autosave.addEventListener("change", () => {
            setAutosave(this.autosave.checked);
            if (this.autosave.checked) for (const file of this.files) file.autosaveSoon();
        });
        autosave.append(this.autosave, ` ${texts.autosave}`);
        this.bar = make("div", "editor-bar", this.toggle, this.saveButton, this.undoButton, this.redoButton,
            button(texts.find, () => this.command("find")), button(texts.goToLine, () => this.command("goToLine")), autosave);
        this.bar.setAttribute("role", "group");
        this.bar.setAttribute("aria-label", texts.editorTools);

        this.conflictBar = make("div", "editor-conflict");
        this.conflictBar.setAttribute("role", "alert");
        this.conflictBar.hidden = true;
        this.findElement = make("div", "editor-find");
        this.findElement.setAttribute("role", "search");
        this.findElement.hidden = true;
        this.text = make("div", "editor-text");
        this.text.id = "editor-text";
        this.empty = make("p", "editor-empty soft", texts.noFileOpen);
        this.status = make("p", "editor-status");
        this.status.setAttribute("role", "status");
        this.position = make("p", "editor-position");
        const foot = make("div", "editor-foot", this.status, this.position);
        this.main = make("div", "editor-main", this.bar, this.strip, this.conflictBar, this.findElement, this.empty, this.text, foot);
        const keys = make("p", "visually-hidden", texts.editorKeys);
        keys.id = "editor-keys";
        this.element = make("div", "editor", this.side, this.main, keys);

        this.view = this.CodeMirror(this.text, {
            theme: "lectern", lineNumbers: true, lineWrapping: false, matchBrackets: true, autoCloseBrackets: true, styleActiveLine: true,
            viewportMargin: 40, screenReaderLabel: texts.editorText, cursorScrollMargin: 40,
            extraKeys: {
                "Ctrl-S": () => this.save(), "Cmd-S": () => this.save(), "Ctrl-F": () => this.command("find"), "Cmd-F": () => this.command("find"),
                "Ctrl-H": () => this.command("find"), F3: () => this.find.go(1), "Shift-F3": () => this.find.go(-1),
                "Ctrl-G": () => this.command("goToLine"), "Alt-G": () => this.command("goToLine"), "Ctrl-/": "toggleComment", "Cmd-/": "toggleComment",
                Tab: (view) => (view.somethingSelected() ? view.execCommand("indentMore") : view.execCommand(view.getOption("indentWithTabs") ? "insertTab" : "insertSoftTab")),
                "Shift-Tab": "indentLess",
                F6: () => moveOn(this.element, false), "Shift-F6": () => moveOn(this.element, true),
            },
        });
        this.view.getInputField().setAttribute("aria-describedby", keys.id);
        this.view.on("cursorActivity", () => this.showPosition());
        this.find = new FindBar(this.findElement, this.view);
        this.tree = new FileTree(this.treeElement, {
            open: (path) => this.open(path).then((file) => { if (file) this.afterChoice(); }),
            renamed: (from, to) => this.renamed(from, to), deleted: (path) => this.deleted(path),
        });
        // One place to be reached by a click on the tab: the text, or the tree where nothing is open.
        this.element.addEventListener("keydown", (event) => {
            if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
                event.preventDefault();
                this.save();
            }
        });
        this.strip.addEventListener("keydown", (event) => this.stripKey(event));
    }

    async start() {
        this.panel.classList.remove("loading");
        this.panel.replaceChildren(this.element);
        this.update();
        await this.tree.refresh().catch((problem) => tell(problem.message));
        await this.restore();
        setInterval(() => this.look(), LOOK_INTERVAL);
        onWake(() => this.look());
        return this;
    }

    shown() {
        this.view.refresh();
        this.look();
    }

    toggleSide(isOpen = !this.element.classList.contains("shows-side")) {
        this.element.classList.toggle("shows-side", isOpen);
        this.toggle.setAttribute("aria-expanded", String(isOpen));
        if (isOpen && this.tree.current) this.tree.current.focus();
    }

    /// On a narrow screen the tree makes room for what was chosen.
    afterChoice() {
        this.toggleSide(false);
        this.view.focus();
    }

    treeMenu() {
        const item = this.tree.current;
        if (item) this.tree.showMenu(item);
        else showMenu([
            [texts.newFile, () => this.tree.create("newFile", "")], [texts.newFolder, () => this.tree.create("newFolder", "")],
            [texts.uploadHere, () => this.tree.chooseUpload("")],
        ], { x: this.more.getBoundingClientRect().left, y: this.more.getBoundingClientRect().bottom }, texts.moreForFiles, this.more);
    }

    // Open files

    known(path) { return this.files.find((file) => file.path === path); }

    /// Opens a file, or shows it where it is open. `null` when it cannot be, which the learner is told unless `isQuiet`.
    async open(path, { isQuiet = false, shows = true } = {}) {
        let file = this.known(path);
        if (!file) {
            let answer;
            try {
                answer = await readFile(path);
            } catch (problem) {
                if (isQuiet) throw problem;
                tell(problem.message, 8000);
                return null;
            }
            file = this.known(answer.path);
            if (!file) {
                file = new OpenFile(this.CodeMirror, answer, (changed) => this.fileChanged(changed));
                this.files.push(file);
            }
        }
        if (shows) this.show(file);
        return file;
    }

    show(file) {
        const isNew = file !== this.shownFile;
        this.shownFile = file;
        if (isNew) {
            this.find.clear();
            this.findElement.hidden = true;
            this.view.swapDoc(file ? file.doc : new this.CodeMirror.Doc(""));
        }
        if (file) {
            this.view.setOption("readOnly", !file.isWritable);
            this.view.setOption("indentUnit", file.indentation.indentUnit);
            this.view.setOption("indentWithTabs", file.indentation.indentWithTabs);
        }
        this.update();
        this.view.refresh();
        if (file) file.tab.scrollIntoView({ block: "nearest", inline: "nearest" });
        if (file) this.tree.reveal(file.path).catch(() => {});
        this.keep();
    }

    /// Closes a file; unsaved changes are asked about unless `force`. False when it stays open.
    async close(file, { force = false } = {}) {
        if (!force && file.isDirty) {
            const answer = await ask({
                title: fill(texts.unsavedTitle, { name: file.name }), body: texts.unsavedBody,
                choices: [{ value: "save", name: texts.save, kind: "primary" }, { value: "discard", name: texts.discard, kind: "danger" }],
            });
            if (answer === null) return false;
            if (answer === "save") {
                try {
                    await file.save();
                } catch (problem) {
                    if (problem.status !== 409) tell(problem.message, 8000);
                    this.show(file);
                    return false;
                }
            }
        }
        clearTimeout(file.timer);
        const at = this.files.indexOf(file);
        if (at < 0) return true;
        this.files.splice(at, 1);
        if (file === this.shownFile) this.show(this.files[Math.min(at, this.files.length - 1)] || null);
        else this.update();
        this.keep();
        return true;
    }

    async save(file = this.shownFile) {
        if (!file) return;
        try {
            await file.save();
        } catch (problem) {
            // A conflict has its own bar.
            if (problem.status !== 409) tell(problem.message, 8000);
        }
    }

    /// Saves what is not saved; throws the first problem.
    async saveAll() { await Promise.all(this.files.filter((file) => file.isDirty && !file.conflict).map((file) => file.save())); }

    renamed(from, to) {
        for (const file of this.files) {
            if (file.path !== from && !file.path.startsWith(`${from}/`)) continue;
            file.path = to + file.path.slice(from.length);
            file.name = file.path.split("/").pop();
            file.stamp = "";
        }
        this.update();
        this.look();
    }

    deleted(path) {
        for (const file of [...this.files]) if (file.path === path || file.path.startsWith(`${path}/`)) this.close(file, { force: true });
    }

    // What others change

    /// Asks what has changed since, while somebody may be looking.
    async look() {
        if (this.looking || state.isOver || document.hidden || this.panel.hidden) return;
        this.looking = true;
        try {
            const paths = {};
            for (const [path, folder] of this.tree.folders) if (folder.stamp) paths[path] = folder.stamp;
            for (const file of this.files) if (!file.saving) paths[file.path] = file.stamp || "?";
            const changed = await changesSince(Object.fromEntries(Object.entries(paths).slice(0, 200)));
            for (const [path, stamp] of Object.entries(changed)) {
                const file = this.known(path);
                if (file && stamp !== file.stamp) await file.look();
                else if (this.tree.folders.has(path)) await this.tree.refresh(path).catch(() => {});
            }
            if (this.shownFile && Object.keys(changed).length) this.tree.mark(this.shownFile.path);
        } catch {
            // Nobody there: the terminals show that they reconnect.
        } finally {
            this.looking = false;
        }
    }

    /// Many changes of one moment are shown once.
    fileChanged() {
        if (this.isUpdating) return;
        this.isUpdating = true;
        queueMicrotask(() => {
            this.isUpdating = false;
            this.update();
        });
    }

    // What is shown

    update() {
        const file = this.shownFile;
        this.text.hidden = !file;
        this.empty.hidden = Boolean(file);
        this.saveButton.disabled = !file || !file.isDirty || !file.isWritable;
        this.undoButton.disabled = !file || file.doc.historySize().undo === 0;
        this.redoButton.disabled = !file || file.doc.historySize().redo === 0;
        this.strip.hidden = this.files.length === 0;
        this.updateStrip();
        this.updateConflict();
        this.status.textContent = !file ? ""
            : !file.isWritable ? texts.readOnly
                : file.saving ? texts.saving
                    : file.failure && file.isDirty ? texts.notSaved
                        : file.isDirty ? texts.unsaved : texts.saved;
        this.showPosition();
    }

    updateStrip() {
        const wanted = this.files.map((file) => {
            let tab = file.tab;
            if (!tab) {
                tab = file.tab = document.createElement("div");
                tab.className = "editor-file";
                tab.setAttribute("role", "tab");
                tab.setAttribute("aria-controls", this.text.id);
                tab.setAttribute("aria-keyshortcuts", "Delete");
                file.tabName = document.createElement("span");
                const cross = document.createElement("span");
                cross.className = "editor-file-close";
                cross.setAttribute("aria-hidden", "true");
                cross.textContent = "×";
                tab.append(file.tabName, cross);
                tab.addEventListener("click", (event) => {
                    if (event.target === cross) return this.close(file);
                    this.show(file);
                    this.view.focus();
                });
                tab.addEventListener("auxclick", (event) => { if (event.button === 1) this.close(file); });
            }
            const isShown = file === this.shownFile;
            const twins = this.files.filter((other) => other.name === file.name).length > 1;
            const name = twins ? file.path : file.name;
            if (file.tabName.textContent !== name) file.tabName.textContent = name;
            tab.title = file.path.startsWith("/") ? file.path : `~/${file.path}`;
            tab.classList.toggle("dirty", file.isDirty);
            tab.classList.toggle("conflicting", Boolean(file.conflict));
            tab.setAttribute("aria-label", file.isDirty ? fill(texts.unsavedNamed, { name }) : name);
            tab.setAttribute("aria-selected", String(isShown));
            tab.tabIndex = isShown || (!this.shownFile && file === this.files[0]) ? 0 : -1;
            return tab;
        });
        const shown = [...this.strip.children];
        if (shown.length !== wanted.length || shown.some((tab, index) => tab !== wanted[index])) {
            const focused = this.strip.contains(document.activeElement) ? document.activeElement : null;
            this.strip.replaceChildren(...wanted);
            if (focused) (focused.isConnected ? focused : wanted.find((tab) => tab.tabIndex === 0) || this.treeElement).focus();
        }
    }

    stripKey(event) {
        const at = this.files.findIndex((file) => file.tab === event.target);
        if (at < 0) return;
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.files.length - 1 }[event.key];
        if (to !== undefined) {
            const file = this.files[(to + this.files.length) % this.files.length];
            this.show(file);
            file.tab.focus();
        } else if (event.key === "Delete") {
            this.close(this.files[at]);
        } else if (event.key === "Enter" || event.key === " ") {
            this.show(this.files[at]);
            this.view.focus();
        } else {
            return;
        }
        event.preventDefault();
    }

    updateConflict() {
        const conflict = this.shownFile && this.shownFile.conflict;
        if (this.shownConflict === conflict) return;
        this.shownConflict = conflict;
        this.conflictBar.hidden = !conflict;
        if (!conflict) return this.conflictBar.replaceChildren();
        const file = this.shownFile;
        const text = document.createElement("p");
        text.textContent = fill({ changed: texts.conflictChanged, gone: texts.conflictGone, other: texts.conflictOther }[conflict.kind], { name: file.name });
        const button = (name, action, kind = "") => {
            const made = document.createElement("button");
            made.type = "button";
            made.className = `button compact ${kind}`;
            made.textContent = name;
            made.addEventListener("click", action);
            return made;
        };
        const keep = () => file.keepMine().catch((problem) => { if (problem.status !== 409) tell(problem.message, 8000); });
        const choices = conflict.kind === "changed"
            ? [button(texts.takeTheirs, () => file.takeTheirs()), button(texts.keepMine, keep)]
            : conflict.kind === "gone"
                ? [button(texts.saveAgain, keep), button(texts.closeFile, () => this.close(file, { force: true }))]
                : [button(texts.closeFile, () => this.close(file, { force: true }))];
        this.conflictBar.replaceChildren(text, ...choices);
    }

    showPosition() {
        if (!this.shownFile) {
            this.position.textContent = "";
            return;
        }
        const { line, ch } = this.view.getCursor();
        this.position.textContent = fill(texts.cursorAt, { line: line + 1, column: ch + 1 });
    }

    // Commands, by the names that buttons, keys and actions use

    async command(name) {
        if (!this.shownFile) return false;
        switch (name) {
            case "save": await this.save(); break;
            case "saveAll": await this.saveAll(); break;
            case "find": this.find.open(); break;
            case "findNext": this.find.go(1); break;
            case "findPrevious": this.find.go(-1); break;
            case "goToLine": await this.goToLine(); break;
            case "close": await this.close(this.shownFile); break;
            case "closeAll": for (const file of [...this.files]) if (!await this.close(file)) break; break;
            default: {
                const known = { undo: "undo", redo: "redo", selectAll: "selectAll", toggleComment: "toggleComment", indent: "indentAuto", deleteLine: "deleteLine", start: "goDocStart", end: "goDocEnd" }[name];
                if (!known) return false;
                this.view.execCommand(known);
                this.view.focus();
            }
        }
        this.update();
        return true;
    }

    async goToLine() {
        const last = this.view.lastLine() + 1;
        const answer = await ask({
            title: texts.goToLine, label: fill(texts.lineOf, { last }), text: "",
            check: (text) => (/^\d+$/.test(text) && Number(text) >= 1 ? "" : texts.lineWrong), choices: [{ name: texts.go, kind: "primary" }],
        });
        if (answer === null) return;
        const line = Math.min(Number(answer), last) - 1;
        this.view.setCursor({ line, ch: 0 });
        this.view.scrollIntoView({ line, ch: 0 }, 120);
        this.view.focus();
    }

    // What actions show

    selectionOf(path) {
        const file = this.known(path);
        if (!file || !file.doc.somethingSelected()) return null;
        const plain = ({ line, ch }) => ({ line, ch });
        return { from: plain(file.doc.getCursor("from")), to: plain(file.doc.getCursor("to")) };
    }

    /// Shows a file with what is selected and new in it.
    async showChange({ file: path, selection, changed }) {
        const open = this.known(path);
        if (open) await open.look();
        const file = await this.open(path, { isQuiet: true });
        if (!file) return;
        if (selection) file.doc.setSelection(selection.from, selection.to);
        else if (changed) file.doc.setCursor(changed.from);
        const place = selection || changed;
        if (place) this.view.scrollIntoView(place.from.line === place.to.line ? place : { from: place.from, to: place.from }, 120);
        if (changed && (changed.from.line !== changed.to.line || changed.from.ch !== changed.to.ch)) {
            const mark = file.doc.markText(changed.from, changed.to, { className: "cm-fresh" });
            setTimeout(() => mark.clear(), 3000);
        }
    }

    // Whoever loads the page anew has the same files open

    keep() {
        const kept = { paths: this.files.map((file) => file.path), shown: this.shownFile ? this.shownFile.path : "" };
        try { sessionStorage.setItem("lectern-editor", JSON.stringify(kept)); } catch { /* Private windows keep nothing. */ }
    }

    async restore() {
        let kept = {};
        try { kept = JSON.parse(sessionStorage.getItem("lectern-editor") || "{}"); } catch { /* Nothing that can be read was kept. */ }
        const paths = Array.isArray(kept.paths) ? kept.paths.filter((path) => typeof path === "string").slice(0, 20) : [];
        for (const path of paths) {
            try {
                await this.open(path, { isQuiet: true, shows: false });
            } catch { /* Gone meanwhile. */ }
        }
        const shown = this.known(kept.shown) || this.files[0];
        if (shown) this.show(shown);
        else this.update();
    }
}
