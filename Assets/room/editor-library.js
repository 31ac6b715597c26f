// CodeMirror, which is loaded when somebody needs it, and what it knows of languages.

import { room } from "./page.js";

let loading = null;

/// Loads script and style sheet once. Throws where they cannot be had.
export function loadCodeMirror() {
    loading ||= Promise.all([
        loaded(Object.assign(document.createElement("link"), { rel: "stylesheet", href: room.dataset.editorSheet })),
        loaded(Object.assign(document.createElement("script"), { src: room.dataset.editorScript })),
    ]).then(() => {
        if (typeof window.CodeMirror !== "function") throw new Error("CodeMirror is missing");
        return window.CodeMirror;
    });
    loading.catch(() => { loading = null; });
    return loading;
}

function loaded(element) {
    return new Promise((resolve, reject) => {
        element.onload = resolve;
        element.onerror = () => {
            element.remove();
            reject(new Error(`${element.src || element.href} could not be loaded`));
        };
        document.head.append(element);
    });
}

const byEnding = {
    sh: "shell", bash: "shell", zsh: "shell", env: "shell", profile: "shell", bashrc: "shell",
    py: "python", pyi: "python",
    js: "javascript", mjs: "javascript", cjs: "javascript", jsx: "javascript",
    ts: { name: "javascript", typescript: true }, tsx: { name: "javascript", typescript: true },
    json: { name: "javascript", json: true }, jsonc: { name: "javascript", json: true }, webmanifest: { name: "javascript", json: true },
    yaml: "yaml", yml: "yaml",
    html: "htmlmixed", htm: "htmlmixed", css: "css", scss: "text/x-scss", less: "text/x-less",
    md: "gfm", markdown: "gfm",
    go: "go", rs: "rust", swift: "swift", sql: "sql", toml: "toml",
    java: "text/x-java", kt: "text/x-kotlin", scala: "text/x-scala", cs: "text/x-csharp",
    c: "text/x-csrc", h: "text/x-csrc", cc: "text/x-c++src", cpp: "text/x-c++src", cxx: "text/x-c++src", hpp: "text/x-c++src",
    xml: "xml", svg: "xml", xsl: "xml", plist: "xml", pom: "xml",
    diff: "diff", patch: "diff",
    ini: "properties", cfg: "properties", conf: "nginx", properties: "properties", service: "properties",
    dockerfile: "dockerfile", containerfile: "dockerfile",
};
const byName = { dockerfile: "dockerfile", containerfile: "dockerfile", "cargo.lock": "toml", ".bashrc": "shell", ".profile": "shell", ".bash_profile": "shell", ".gitconfig": "properties" };

/// The language of a file, by its name and its first line.
export function languageOf(path, text = "") {
    const name = path.split("/").pop().toLowerCase();
    const known = byName[name] || byEnding[name.includes(".") ? name.split(".").pop() : ""];
    if (known) return known;
    if (name.startsWith("dockerfile.")) return "dockerfile";
    const first = text.slice(0, 200).split("\n")[0];
    if (first.startsWith("#!")) return /python/.test(first) ? "python" : /node/.test(first) ? "javascript" : "shell";
    return null;
}

/// How far a step of indentation goes: as the file does it, else as its language does.
export function indentationOf(path, text) {
    if (/^\t/m.test(text) || /\.go$|(^|\/)Makefile$/.test(path)) return { indentUnit: 4, indentWithTabs: true };
    const two = /^ {2}\S/m.test(text);
    const usual = /\.(ya?ml|json|html?|css|js|ts|md|rb)$/.test(path) ? 2 : 4;
    return { indentUnit: two ? 2 : /^ {4}\S/m.test(text) ? 4 : usual, indentWithTabs: false };
}
