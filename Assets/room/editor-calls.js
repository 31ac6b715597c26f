// What the editor asks the agent. Each call either has an answer of the agent's or throws: an EditorProblem with a text for
// the learner, or whatever the network throws.

import { enterAgain } from "./connection.js";
import { over } from "./ending.js";
import { formToken, session, texts } from "./page.js";

export class EditorProblem extends Error {
    constructor(text, status = 0, body = {}) {
        super(text);
        this.status = status;
        this.body = body;
    }
}

async function ask(path, options = {}) {
    let response;
    try {
        response = await fetch(path, { redirect: "manual", cache: "no-store", ...options, headers: { Accept: "application/json", ...options.headers } });
    } catch {
        throw new EditorProblem(texts.editorAway);
    }
    // Once the session is gone the portal answers in its place, with a redirect.
    if (response.type === "opaqueredirect") {
        over();
        throw new EditorProblem(texts.editorAway);
    }
    if (response.status === 401) enterAgain();
    if (response.headers.get("Lectern-Session") !== session) {
        throw new EditorProblem(response.status === 413 ? texts.editorTooLarge : texts.editorAway, response.status);
    }
    if (response.ok) return response;
    const told = response.headers.get("Lectern-Problem");
    const body = told ? { problem: decodeURIComponent(told) } : await response.json().catch(() => ({}));
    throw new EditorProblem(body.problem || texts.editorAway, response.status, body);
}

const change = (path, body) => ask(path, { method: "POST", headers: { "Lectern-Form-Token": formToken }, body });
const query = (values) => new URLSearchParams(values).toString();

/// `{ path, text, version, stamp, isWritable }`
export async function readFile(path) {
    const response = await ask(`/editor/file?${query({ path })}`);
    const header = (name) => response.headers.get(`Lectern-${name}`) || "";
    return {
        path: decodeURIComponent(header("Path")), text: await response.text(), version: header("Version"),
        stamp: header("Stamp"), isWritable: header("Writable") === "yes",
    };
}

/// - version: the one that is known; `""` for a new file, `"*"` for whatever is there.
/// Throws an EditorProblem with status 409, and what is there now in `body`, when it is another one.
export async function writeFile(path, text, version) {
    return (await change(`/editor/save?${query({ path, version })}`, new Blob([text]))).json();
}

export async function listFolder(path) { return (await ask(`/editor/list?${query({ path: path || "~" })}`)).json(); }

/// Which of `{ path: stamp }` have another stamp now, or `null` for none: `{ path: stamp }`.
export async function changesSince(paths) {
    return (await (await change("/editor/changes", JSON.stringify({ paths }))).json()).changed;
}

/// `{ do: "newFile" | "newFolder" | "rename" | "copy" | "delete", path, to }`
export async function changeFiles(request) { return (await change("/editor/change", JSON.stringify(request))).json(); }

/// Carries out an action of the instructions on a file.
export async function performOnFiles(action, fields, selection) {
    return (await change("/editor/action", JSON.stringify({ action, fields, selection }))).json();
}

/// Sends a form with files, where an upload is taken. `progress` is told the share that is sent, from 0 to 1.
export function upload(address, form, progress = () => {}) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", address);
        request.setRequestHeader("Lectern-Form-Token", formToken);
        request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
        request.onload = () => {
            if (request.status === 200) return resolve();
            const told = request.getResponseHeader("Lectern-Problem");
            const text = told ? decodeURIComponent(told) : request.status === 413 ? texts.editorTooLarge : texts.editorAway;
            reject(new EditorProblem(text, request.status));
        };
        request.onerror = () => reject(new EditorProblem(texts.uploadBroken));
        request.send(form);
    });
}

export const downloadAddress = (path) => `/editor/download?${query({ path })}`;
