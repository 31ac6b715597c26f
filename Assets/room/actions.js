// Blocks of the instructions that act: when (a click, a key, the page, a section, the action before), by whom
// (`register`), and what the reader sees of it.

import { copy } from "./clipboard.js";
import { tell } from "./notice.js";
import { formToken, texts } from "./page.js";

/// What the reader should know about why an action did not work.
export class ActionProblem extends Error {}

const handlers = new Map();

/// Says who carries out an action of the catalogue (`Sources/SessionAgent/Actions/ActionCatalog.swift`).
///
/// - handler: async (fields, context); fields are checked and complete. What it returns is shown as the result, where it
///   is a text; `false` keeps a cascade from going on. It throws an ActionProblem for what the reader should know.
///   context: `{ element, isAutomatic, signal }`; element is null for an action that a page in a tab asked for;
///   isAutomatic says that nobody clicked, so that focus should stay; signal is aborted when the page is left.
/// - prepare: (element, fields), for each such block of a page that is shown.
export function register(name, handler, { prepare } = {}) { handlers.set(name, { handler, prepare }); }

/// Carries out an action without a block.
export async function perform(name, fields, context) {
    const known = handlers.get(name);
    if (!known) throw new ActionProblem(texts.actionUnknown);
    return known.handler(fields, context);
}

// ---- One block ----------------------------------------------------------------------------------------------------

export const fieldsOf = (element) => JSON.parse(element.dataset.fields);
const optionsOf = (element) => JSON.parse(element.dataset.options);

/// The text that the block is about, as it may be copied.
export function bodyOf(element) {
    const body = element.querySelector(".action-body");
    return body ? (body.value ?? body.textContent) : "";
}

function setState(element, state, text = "") {
    element.dataset.state = state;
    const result = element.querySelector(".action-result");
    if (!result) return;
    // A mark says that it is done; in words only for those who do not see it.
    result.classList.toggle("visually-hidden", !text);
    result.textContent = text || (state === "done" ? texts.actionDone : "");
}

function setResting(element, isResting) {
    element.classList.toggle("resting", isResting);
    const title = element.querySelector(".action-title");
    // Not `disabled`: that would take the focus away from whoever used the key.
    if (title && isResting) title.setAttribute("aria-disabled", "true");
    else if (title) title.removeAttribute("aria-disabled");
}

function rest(element, seconds) {
    if (seconds === 0) return;
    setResting(element, true);
    if (seconds > 0) setTimeout(() => setResting(element, false), seconds * 1000);
}

const isBusy = (element) => element.dataset.state === "running" || element.classList.contains("resting");

/// Carries a block out, and the next ones if it says so.
/// - Returns: whether it was done.
export async function run(element, { isAutomatic = false } = {}) {
    if (!element.isConnected || isBusy(element)) return false;
    const options = optionsOf(element);
    const signal = leaving.signal;
    setState(element, "running");
    const patience = setTimeout(() => setState(element, "running", texts.actionRunning), 700);
    if (options.event !== undefined) report(options.event);
    let said;
    try {
        said = await perform(element.dataset.action, fieldsOf(element), { element, isAutomatic, signal });
    } catch (problem) {
        clearTimeout(patience);
        if (signal.aborted) return false;
        if (!(problem instanceof ActionProblem)) console.error(problem);
        setState(element, "failed", problem instanceof ActionProblem ? problem.message : texts.actionFailed);
        return false;
    }
    clearTimeout(patience);
    if (signal.aborted) return false;
    setState(element, "done", typeof said === "string" ? said : "");
    rest(element, options.cooldown);
    if (options.cascade && said !== false) cascade(element, options.pause ?? 750, isAutomatic, signal);
    return true;
}

function cascade(element, pause, isAutomatic, signal) {
    setTimeout(() => {
        if (signal.aborted || !element.isConnected) return;
        const blocks = [...page().querySelectorAll("[data-action], [data-broken]")];
        const next = blocks[blocks.indexOf(element) + 1];
        // A chain ends where one of it cannot work.
        if (next && next.dataset.action) run(next, { isAutomatic });
    }, pause);
}

/// Nothing depends on it, and nobody waits for it.
function report(event) {
    fetch("/session/event", {
        method: "POST", redirect: "manual", headers: { "Lectern-Form-Token": formToken },
        body: new URLSearchParams({ event: JSON.stringify(event) }),
    }).catch(() => {});
}

// ---- Pages --------------------------------------------------------------------------------------------------------

const page = () => document.getElementById("instructions-page");
let leaving = new AbortController();
let shown = null;
/// What has begun by itself on the page that is shown: once, also where its author changes the page meanwhile.
const started = new Set();

/// A page of instructions stands in the room, new or once more.
export function pageShown() {
    const article = page();
    leaving.abort();
    leaving = new AbortController();
    if (!article) return;
    if (article.dataset.page !== shown) started.clear();
    shown = article.dataset.page;
    for (const element of article.querySelectorAll("[data-action]")) {
        const known = handlers.get(element.dataset.action);
        if (known && known.prepare) known.prepare(element, fieldsOf(element));
    }
    autostart(article);
}

/// Begins what wants to begin by itself, unless it stands in a section that is closed.
export function autostart(root) {
    const counts = new Map();
    for (const element of page().querySelectorAll("[data-action]")) {
        if (!optionsOf(element).autostart) continue;
        // Known by what it does, and by how many like it come before.
        const what = `${element.dataset.action} ${element.dataset.fields}`;
        const place = (counts.get(what) || 0) + 1;
        counts.set(what, place);
        const key = `${what} ${place}`;
        if (started.has(key) || !root.contains(element) || element.closest(".fold-body:not(.open)")) continue;
        started.add(key);
        run(element, { isAutomatic: true });
    }
}

// ---- Clicks and keys ----------------------------------------------------------------------------------------------

/// Shows for a moment that something was copied.
export async function copyFor(button, text) {
    const isDone = await copy(text);
    if (button) button.focus();
    tell(isDone ? texts.copied : texts.copyFailed, 2500);
    if (!isDone || !button) return isDone;
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
    return isDone;
}

/// Whether somebody just marked text of the block with the mouse.
function isMarking(element) {
    const selection = getSelection();
    return !selection.isCollapsed && selection.toString().trim() !== "" && element.contains(selection.anchorNode);
}

const controls = "a, button, input, select, textarea, label, summary, .action-result, .action-mistakes, .check-form, .check-progress";

async function click(event) {
    const copier = event.target.closest("button[data-copy]");
    if (copier) return copyFor(copier, copier.dataset.copy);
    const element = event.target.closest("[data-action]");
    if (!element) return;
    const control = event.target.closest(controls);
    if (control && control.classList.contains("action-copy")) return copyFor(control, bodyOf(element));
    if (control && element.contains(control) && !control.classList.contains("action-title")) return;
    if (event.shiftKey) {
        const isDone = await copy(bodyOf(element));
        tell(isDone ? texts.bodyCopied : texts.copyFailed, 2500);
        return;
    }
    if (!control && isMarking(element)) return;
    run(element);
}

export function startActions() {
    document.addEventListener("click", click);
    // A click with Shift copies; it is not meant to mark text up to here.
    document.addEventListener("mousedown", (event) => {
        if (event.shiftKey && event.target.closest("[data-action]") && !event.target.closest("textarea, input")) {
            event.preventDefault();
        }
    });
    pageShown();
}
