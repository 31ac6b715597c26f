// Files that leave the lab and files that come into it: `files:*` (spec/dashboard.md section 6).

import { ActionProblem, register } from "./actions.js";
import { copy } from "./clipboard.js";
import { EditorProblem, upload } from "./editor-calls.js";
import { texts } from "./page.js";

/// Bytes of a file that is shown or copied as text.
const TEXT_LIMIT = 1 << 20;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/// Where a file is, and what it is called.
function source(fields) {
    if (fields.path) {
        const path = String(fields.path).replace(/^(~|\$HOME|\$\{HOME\})\//, "").replace(/^\/+/, "");
        return { address: `/files/${path.split("/").map(encodeURIComponent).join("/")}`, name: path.split("/").pop() };
    }
    const address = new URL(fields.url, location.href);
    return { address: address.href, name: decodeURIComponent(address.pathname.split("/").pop()) || "download" };
}

const isOurs = (address) => new URL(address, location.href).origin === location.origin;

async function fetched(fields) {
    const { address, name } = source(fields);
    if (!isOurs(address)) throw new ActionProblem(texts.fileElsewhere);
    let response;
    try {
        response = await fetch(address, { cache: "no-cache", redirect: "manual" });
    } catch {
        throw new ActionProblem(texts.editorAway);
    }
    if (!response.ok) throw new ActionProblem(fill(texts.fileMissing, { name: fields.path || name }));
    return { response, address, name };
}

async function textOf(fields) {
    const { response } = await fetched(fields);
    if (Number(response.headers.get("Content-Length")) > TEXT_LIMIT) throw new ActionProblem(texts.editorTooLarge);
    const text = await response.text();
    if (text.length > TEXT_LIMIT) throw new ActionProblem(texts.editorTooLarge);
    return text;
}

function save(address, name) {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    // A page of another site opens beside this one where it cannot be saved.
    if (!isOurs(address)) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
    document.body.append(link);
    link.click();
    link.remove();
}

register("files:download-file", async (fields, { element }) => {
    const { address, name } = source(fields);
    if (fields.preview) {
        const text = await textOf(fields);
        if (!element) return;
        show(element, text, name);
    }
    // Nothing is saved under the name of a page that says that there is nothing.
    if (isOurs(address) && !fields.preview) {
        const answer = await fetch(address, { method: "HEAD", cache: "no-cache", redirect: "manual" }).catch(() => null);
        if (!answer) throw new ActionProblem(texts.editorAway);
        if (!answer.ok) throw new ActionProblem(fill(texts.fileMissing, { name: fields.path || name }));
    }
    if (!fields.preview || fields.download) save(address, fields.download || name);
});

register("files:copy-file", async (fields) => {
    const text = await textOf(fields);
    if (!await copy(text)) throw new ActionProblem(texts.copyFailed);
    return texts.copied;
});

/// The file's text, in the block.
function show(element, text, name) {
    element.querySelectorAll(".file-preview").forEach((old) => old.remove());
    const preview = document.createElement("pre");
    preview.className = "file-preview";
    preview.tabIndex = 0;
    preview.setAttribute("role", "region");
    preview.setAttribute("aria-label", fill(texts.previewOf, { name }));
    const code = document.createElement("code");
    code.textContent = text;
    preview.append(code);
    element.append(preview);
}

// ---- Uploads ------------------------------------------------------------------------------------------------------

/// Lets the learner choose; nothing when they do not.
function chosen(isMany) {
    return new Promise((resolve) => {
        const input = document.createElement("input");
        input.type = "file";
        input.multiple = isMany;
        input.addEventListener("change", () => resolve([...input.files]));
        input.addEventListener("cancel", () => resolve([]));
        input.click();
    });
}

async function send(address, form, element) {
    const result = element && element.querySelector(".action-result");
    try {
        await upload(address, form, (share) => {
            if (!result) return;
            result.classList.remove("visually-hidden");
            result.textContent = fill(texts.uploading, { percent: Math.round(share * 100) });
        });
    } catch (problem) {
        if (problem instanceof EditorProblem) throw new ActionProblem(problem.message);
        throw problem;
    }
}

register("files:upload-file", async (fields, { element, isAutomatic }) => {
    // Browsers let files be chosen only after a click.
    if (isAutomatic) throw new ActionProblem(texts.uploadByClick);
    const [file] = await chosen(false);
    if (!file) throw new ActionProblem(texts.uploadNothing);
    const form = new FormData();
    form.append("path", fields.path || file.name);
    form.append("file", file);
    await send("/upload/file", form, element);
    return fill(texts.uploadedOne, { name: file.name });
});

register("files:upload-files", async (fields, { element, isAutomatic }) => {
    if (isAutomatic) throw new ActionProblem(texts.uploadByClick);
    const files = await chosen(true);
    if (files.length === 0) throw new ActionProblem(texts.uploadNothing);
    const form = new FormData();
    form.append("directory", fields.directory || "");
    for (const file of files) form.append("files", file);
    await send("/upload/files", form, element);
    return fill(files.length === 1 ? texts.uploadedOne : texts.uploadedMany, { count: files.length, name: files[0].name });
});
