// The tree of the learner's files: for the pointer, for keys (WAI-ARIA, tree view), and for fingers.

import { ask } from "./ask.js";
import { changeFiles, downloadAddress, EditorProblem, listFolder, upload } from "./editor-calls.js";
import { tell } from "./notice.js";
import { room, texts } from "./page.js";

const parentOf = (path) => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");
const joined = (folder, name) => (folder ? `${folder}/${name}` : name);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class FileTree {
    /// - element: with role tree.
    /// - open(path), renamed(from, to), deleted(path): what the editor does.
    constructor(element, { open, renamed, deleted }) {
        this.element = element;
        this.open = open;
        this.renamed = renamed;
        this.deleted = deleted;
        /// Folders that are shown: path → { stamp, item, group }.
        this.folders = new Map();
        this.typed = "";
        element.addEventListener("click", (event) => this.click(event));
        element.addEventListener("dblclick", (event) => event.preventDefault());
        element.addEventListener("keydown", (event) => this.key(event));
        element.addEventListener("contextmenu", (event) => this.contextMenu(event));
        element.addEventListener("focusin", (event) => {
            const item = event.target.closest("[role=treeitem]");
            if (item) this.makeCurrent(item, { focuses: false });
        });
        element.addEventListener("dragover", (event) => {
            if (!event.dataTransfer.types.includes("Files")) return;
            event.preventDefault();
            event.dataTransfer.dropEffect = "copy";
        });
        element.addEventListener("drop", (event) => {
            if (!event.dataTransfer.files.length) return;
            event.preventDefault();
            const item = event.target.closest("[role=treeitem]");
            this.uploadFiles(item ? this.folderOf(item) : "", [...event.dataTransfer.files]);
        });
    }

    // What is shown

    /// Shows a folder's content as it is now. Items that are there stay, with the focus they have.
    async refresh(path = "") {
        const folder = path === "" ? this.folders.get("") || { group: this.element } : this.folders.get(path);
        if (!folder) return;
        let listing;
        try {
            listing = await listFolder(path);
        } catch (problem) {
            if (path !== "" && problem instanceof EditorProblem && problem.status === 404) return this.refresh(parentOf(path));
            throw problem;
        }
        if (path !== "" && !this.folders.has(path)) return;
        folder.stamp = listing.stamp;
        this.folders.set(path, folder);
        this.fill(folder.group, path, listing);
        await Promise.all(listing.entries
            .filter((entry) => entry.kind === "folder" && this.folders.has(joined(path, entry.name)))
            .filter((entry) => !this.folders.get(joined(path, entry.name)).stamp)
            .map((entry) => this.refresh(joined(path, entry.name)).catch(() => {})));
    }

    fill(group, path, listing) {
        const old = new Map([...group.children].map((child) => [child.dataset.key, child]));
        const level = path === "" ? 1 : path.split("/").length + 1;
        const hadFocus = this.element.contains(document.activeElement) ? document.activeElement : null;
        const children = listing.entries.map((entry) => {
            const key = `${entry.kind} ${entry.name}`;
            const known = old.get(key);
            old.delete(key);
            return known || this.item(entry, path, key, level);
        });
        for (const gone of old.values()) this.forget(gone.dataset.path);
        if (children.length === 0 || !listing.isComplete) {
            const note = document.createElement("li");
            note.setAttribute("role", "none");
            note.className = "tree-note";
            note.textContent = listing.isComplete ? texts.folderEmpty : texts.folderCut;
            children.push(note);
        }
        group.replaceChildren(...children);
        if (hadFocus && !hadFocus.isConnected) this.focusNear(path);
        else if (hadFocus && document.activeElement !== hadFocus) hadFocus.focus();
        if (!this.element.querySelector("[role=treeitem][tabindex='0']")) {
            const first = this.element.querySelector("[role=treeitem]");
            if (first) first.tabIndex = 0;
        }
    }

    item(entry, folder, key, level) {
        const item = document.createElement("li");
        item.setAttribute("role", "treeitem");
        item.setAttribute("aria-level", String(level));
        item.setAttribute("aria-selected", "false");
        item.tabIndex = -1;
        item.dataset.path = joined(folder, entry.name);
        item.dataset.key = key;
        item.dataset.kind = entry.kind;
        item.style.setProperty("--level", String(level - 1));
        const label = document.createElement("span");
        label.className = "tree-label";
        label.textContent = entry.name;
        label.title = entry.name;
        item.setAttribute("aria-label", entry.kind === "folder" ? fill(texts.folderNamed, entry) : entry.name);
        if (entry.isLink) item.classList.add("is-link");
        if (entry.name.startsWith(".")) item.classList.add("is-hidden");
        item.append(label);
        if (entry.kind === "folder") item.setAttribute("aria-expanded", "false");
        return item;
    }

    forget(path) {
        if (!path) return;
        for (const known of [...this.folders.keys()]) if (known === path || known.startsWith(`${path}/`)) this.folders.delete(known);
    }

    focusNear(path) {
        const item = this.find(path) || this.element.querySelector("[role=treeitem]");
        if (item) this.makeCurrent(item);
    }

    find(path) { return [...this.element.querySelectorAll("[role=treeitem]")].find((item) => item.dataset.path === path); }

    makeCurrent(item, { focuses = true } = {}) {
        for (const other of this.element.querySelectorAll("[role=treeitem][tabindex='0']")) if (other !== item) other.tabIndex = -1;
        item.tabIndex = 0;
        if (focuses) item.focus();
    }

    /// The file that the editor shows.
    mark(path) {
        for (const item of this.element.querySelectorAll("[aria-selected='true']")) item.setAttribute("aria-selected", "false");
        const item = this.find(path);
        if (item) item.setAttribute("aria-selected", "true");
    }

    // Opening and closing folders

    async expand(item) {
        if (item.getAttribute("aria-expanded") !== "false") return;
        const group = document.createElement("ul");
        group.setAttribute("role", "group");
        item.append(group);
        item.setAttribute("aria-expanded", "true");
        this.folders.set(item.dataset.path, { group, stamp: "" });
        try {
            await this.refresh(item.dataset.path);
        } catch (problem) {
            this.collapse(item);
            tell(problem.message);
        }
    }

    collapse(item) {
        if (item.getAttribute("aria-expanded") !== "true") return;
        const group = item.querySelector(":scope > [role=group]");
        if (group && group.contains(document.activeElement)) this.makeCurrent(item);
        if (group) group.remove();
        item.setAttribute("aria-expanded", "false");
        this.forget(item.dataset.path);
        if (!this.element.querySelector("[role=treeitem][tabindex='0']")) item.tabIndex = 0;
    }

    /// Opens the folders that lead to a file.
    async reveal(path) {
        const parts = path.split("/").slice(0, -1);
        let folder = "";
        for (const part of parts) {
            folder = joined(folder, part);
            const item = this.find(folder);
            if (!item) return;
            await this.expand(item);
        }
        this.mark(path);
        const item = this.find(path);
        if (item) item.scrollIntoView({ block: "nearest" });
    }

    activate(item) {
        if (item.dataset.kind === "folder") {
            if (item.getAttribute("aria-expanded") === "true") this.collapse(item);
            else this.expand(item);
        } else if (item.dataset.kind === "file") {
            this.open(item.dataset.path);
        } else {
            tell(texts.noOrdinaryFile);
        }
    }

    // Pointer and keys

    click(event) {
        const item = event.target.closest("[role=treeitem]");
        if (!item || event.button !== 0) return;
        this.makeCurrent(item);
        this.activate(item);
    }

    get visible() { return [...this.element.querySelectorAll("[role=treeitem]")]; }

    key(event) {
        const item = event.target.closest("[role=treeitem]");
        if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
        const items = this.visible;
        const at = items.indexOf(item);
        const isOpen = item.getAttribute("aria-expanded") === "true";
        const go = (target) => { if (target) this.makeCurrent(target); };
        switch (event.key) {
            case "ArrowDown": go(items[at + 1]); break;
            case "ArrowUp": go(items[at - 1]); break;
            case "Home": go(items[0]); break;
            case "End": go(items[items.length - 1]); break;
            case "ArrowRight":
                if (isOpen) go(item.querySelector("[role=treeitem]"));
                else if (item.dataset.kind === "folder") this.expand(item);
                break;
            case "ArrowLeft":
                if (isOpen) this.collapse(item);
                else go(item.parentElement.closest("[role=treeitem]"));
                break;
            case "Enter": case " ": this.activate(item); break;
            case "F2": this.rename(item); break;
            case "Delete": this.remove(item); break;
            case "F10": if (!event.shiftKey) return; this.showMenu(item); break;
            case "ContextMenu": this.showMenu(item); break;
            default:
                if (event.key.length !== 1) return;
                this.typeAhead(event.key, items, at);
        }
        event.preventDefault();
        event.stopPropagation();
    }

    typeAhead(letter, items, at) {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => { this.typed = ""; }, 700);
        this.typed += letter.toLowerCase();
        const order = [...items.slice(at + (this.typed.length === 1 ? 1 : 0)), ...items.slice(0, at + 1)];
        const found = order.find((one) => one.dataset.path.split("/").pop().toLowerCase().startsWith(this.typed));
        if (found) this.makeCurrent(found);
    }

    contextMenu(event) {
        const item = event.target.closest("[role=treeitem]");
        if (!item) return;
        event.preventDefault();
        this.makeCurrent(item);
        this.showMenu(item, { x: event.clientX, y: event.clientY });
    }

    get current() { return this.element.querySelector("[role=treeitem][tabindex='0']"); }
    folderOf(item) { return item.dataset.kind === "folder" ? item.dataset.path : parentOf(item.dataset.path); }
    /// Where something new goes.
    get currentFolder() {
        const item = this.element.contains(document.activeElement) || this.wasFocused ? this.current : null;
        return item ? this.folderOf(item) : "";
    }

    // The menu of an item

    showMenu(item, at = null) {
        closeMenu();
        const isFile = item.dataset.kind === "file";
        const entries = [
            isFile && [texts.openFile, () => this.activate(item)],
            [texts.newFile, () => this.create("newFile", this.folderOf(item))],
            [texts.newFolder, () => this.create("newFolder", this.folderOf(item))],
            [texts.renameFile, () => this.rename(item)],
            isFile && [texts.duplicateFile, () => this.duplicate(item)],
            isFile && [texts.downloadFile, () => this.download(item)],
            [texts.uploadHere, () => this.chooseUpload(this.folderOf(item))],
            [texts.deleteFile, () => this.remove(item)],
        ].filter(Boolean);
        const box = item.querySelector(".tree-label").getBoundingClientRect();
        showMenu(entries, at || { x: box.left + 24, y: box.bottom }, fill(texts.menuOf, { name: item.dataset.path }), item);
    }

    // What the items can do

    async create(kind, folder) {
        const isFile = kind === "newFile";
        const name = await ask({
            title: isFile ? texts.newFile : texts.newFolder, body: fill(texts.inFolder, { folder: folder ? `~/${folder}` : "~" }),
            label: texts.name, check: nameProblem, choices: [{ name: texts.create, kind: "primary" }],
        });
        if (name === null) return;
        const path = joined(folder, name);
        if (!await this.change({ do: kind, path })) return;
        await this.afterChange(path);
        if (isFile) this.open(path);
    }

    async rename(item) {
        const from = item.dataset.path;
        const old = from.split("/").pop();
        const name = await ask({
            title: texts.renameFile, label: texts.name, text: old, check: nameProblem,
            choices: [{ name: texts.rename, kind: "primary" }],
        });
        if (name === null || name === old) return;
        const to = joined(parentOf(from), name);
        if (!await this.change({ do: "rename", path: from, to })) return;
        this.renamed(from, to);
        await this.afterChange(to);
    }

    async duplicate(item) {
        const from = item.dataset.path;
        const [, stem, ending] = from.match(/^(.*?)(\.[^./]*)?$/);
        const name = await ask({
            title: texts.duplicateFile, label: texts.name, text: `${stem.split("/").pop()}-copy${ending || ""}`, check: nameProblem,
            choices: [{ name: texts.create, kind: "primary" }],
        });
        if (name === null) return;
        const to = joined(parentOf(from), name);
        if (await this.change({ do: "copy", path: from, to })) await this.afterChange(to);
    }

    async remove(item) {
        const path = item.dataset.path;
        const isFolder = item.dataset.kind === "folder";
        const answer = await ask({
            title: fill(texts.deleteTitle, { name: path.split("/").pop() }), body: isFolder ? texts.deleteFolderBody : texts.deleteBody,
            choices: [{ value: "delete", name: texts.deleteFile, kind: "danger" }],
        });
        if (answer !== "delete") return;
        if (!await this.change({ do: "delete", path })) return;
        this.deleted(path);
        await this.afterChange(parentOf(path));
    }

    download(item) {
        const link = document.createElement("a");
        link.href = downloadAddress(item.dataset.path);
        link.download = item.dataset.path.split("/").pop();
        link.click();
    }

    chooseUpload(folder) {
        const input = document.createElement("input");
        input.type = "file";
        input.multiple = true;
        input.addEventListener("change", () => this.uploadFiles(folder, [...input.files]));
        input.click();
    }

    async uploadFiles(folder, files) {
        if (files.length === 0) return;
        const form = new FormData();
        form.append("directory", folder);
        for (const file of files) form.append("files", file);
        try {
            await upload("/editor/upload", form, (share) => tell(fill(texts.uploading, { percent: Math.round(share * 100) }), 0));
            tell(fill(files.length === 1 ? texts.uploadedOne : texts.uploadedMany, { count: files.length, name: files[0].name }));
            await this.afterChange(joined(folder, files[0].name));
        } catch (problem) {
            tell(problem.message, 10000);
        }
    }

    async change(request) {
        try {
            await changeFiles(request);
            return true;
        } catch (problem) {
            tell(problem.message, 8000);
            return false;
        }
    }

    /// Shows what is new, and puts the focus there.
    async afterChange(path) {
        try {
            for (const folder of [...this.folders.keys()]) if (folder === "" || path.startsWith(folder)) await this.refresh(folder);
            await this.reveal(path);
            const item = this.find(path) || this.current;
            if (item) this.makeCurrent(item);
        } catch (problem) {
            tell(problem.message);
        }
    }
}

function nameProblem(name) {
    if (!name) return texts.nameMissing;
    if (name.split("/").some((part) => part === ".." || part === "." || part === "") || name.length > 255) return texts.nameWrong;
    return "";
}

// ---- Menus --------------------------------------------------------------------------------------------------------

let menu = null;

function closeMenu() {
    if (!menu) return;
    const { element, before, leave } = menu;
    menu = null;
    document.removeEventListener("pointerdown", leave, true);
    const hadFocus = element.contains(document.activeElement);
    element.remove();
    if (hadFocus && before.isConnected) before.focus();
}

/// - entries: [[name, action]]
export function showMenu(entries, at, label, before) {
    closeMenu();
    const element = document.createElement("div");
    element.className = "menu";
    element.setAttribute("role", "menu");
    element.setAttribute("aria-label", label);
    for (const [name, action] of entries) {
        const button = document.createElement("button");
        button.type = "button";
        button.setAttribute("role", "menuitem");
        button.tabIndex = -1;
        button.textContent = name;
        button.addEventListener("click", () => {
            closeMenu();
            action();
        });
        element.append(button);
    }
    element.addEventListener("keydown", (event) => {
        const items = [...element.children];
        const here = items.indexOf(document.activeElement);
        const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
        if (to !== undefined) items[(to + items.length) % items.length].focus();
        else if (event.key === "Escape" || event.key === "Tab") closeMenu();
        else return;
        event.preventDefault();
        event.stopPropagation();
    });
    const leave = (event) => { if (!element.contains(event.target)) closeMenu(); };
    document.addEventListener("pointerdown", leave, true);
    room.append(element);
    menu = { element, before, leave };
    const box = element.getBoundingClientRect();
    element.style.left = `${Math.max(4, Math.min(at.x, innerWidth - box.width - 4))}px`;
    element.style.top = `${Math.max(4, Math.min(at.y, innerHeight - box.height - 4))}px`;
    element.firstChild.focus();
}
