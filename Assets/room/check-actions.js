// Checks of a step: run until they pass or are given up, with the result beside the step.

import { ActionProblem, register, run } from "./actions.js";
import { checkForm } from "./check-forms.js";
import { call, enterAgain, post } from "./connection.js";
import { over } from "./ending.js";
import { tell } from "./notice.js";
import { formToken, state, texts } from "./page.js";

/// The forms of the blocks that have one; null for one that cannot be shown.
const forms = new WeakMap();

function prepare(element, fields) {
    if (!fields.inputs || forms.has(element)) return;
    const form = checkForm(fields.inputs, () => run(element));
    forms.set(element, form);
    if (form) element.insertBefore(form.element, element.querySelector(".action-result"));
}

function formValues(element, fields, isAutomatic) {
    if (!fields.inputs) return {};
    const form = element && forms.get(element);
    if (!form) throw new ActionProblem(texts.checkBadForm);
    // Nobody has filled it in yet.
    if (isAutomatic) throw new ActionProblem(texts.checkFillIn);
    const values = form.values();
    if (!values) throw new ActionProblem(texts.checkFillIn);
    return values;
}

// ---- One attempt --------------------------------------------------------------------------------------------------

async function askAddress(address, body, timeout, signal) {
    const url = new URL(address, location.href);
    if (url.origin !== location.origin) throw new ActionProblem(texts.checkBadURL);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeout * 1000 + 1000);
    const stop = () => limit.abort();
    signal.addEventListener("abort", stop);
    try {
        const response = await fetch(url, {
            method: "POST", cache: "no-store", redirect: "error", signal: limit.signal, body,
            headers: { "Content-Type": "application/json", "Lectern-Form-Token": formToken },
        });
        const answer = await response.json();
        return { isPassed: answer.success === true, message: typeof answer.message === "string" ? answer.message : "" };
    } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
    }
}

async function askExaminer(name, body, signal) {
    const path = name.split("/").map(encodeURIComponent).join("/");
    const answer = await call(`/examiner/test/${path}`, {
        method: "POST", signal, body, headers: { "Lectern-Form-Token": formToken, "Content-Type": "application/json" },
    });
    if (answer.isGone) over();
    if (answer.status === 401) enterAgain();
    if (answer.isGone || answer.isUnclear || !answer.body) return { isPassed: false, message: texts.checkUnreachable };
    // What makes no sense, or does not exist, will not become better.
    const isHopeless = answer.status === 400 || answer.status === 404;
    return { isPassed: answer.body.success === true, message: answer.body.message || "", isHopeless };
}

// ---- All attempts -------------------------------------------------------------------------------------------------

/// Which attempt runs, and a way to stop.
function progress(element, onStop) {
    const line = document.createElement("p");
    line.className = "check-progress";
    const words = document.createElement("span");
    words.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button compact";
    button.textContent = texts.checkStop;
    button.addEventListener("click", onStop);
    line.append(words, button);
    // What is done in a moment does not flicker.
    const timer = setTimeout(() => element && element.insertBefore(line, element.querySelector(".action-result")), 600);
    return {
        say: (text) => { words.textContent = text; },
        end: () => {
            clearTimeout(timer);
            const hadFocus = line.contains(document.activeElement);
            line.remove();
            const title = element && element.querySelector(".action-title");
            if (hadFocus && title) title.focus();
        },
    };
}

function pause(seconds, signal) {
    return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const timer = setTimeout(resolve, seconds * 1000);
        signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
    });
}

function attemptText(attempt, retries) {
    if (attempt === 1) return texts.checkRunning;
    if (retries < 0) return texts.checkRunningAgain.replace("{n}", String(attempt));
    return texts.checkRunningOf.replace("{n}", String(attempt)).replace("{count}", String(retries + 1));
}

async function check(fields, { element, isAutomatic, signal }) {
    const form = formValues(element, fields, isAutomatic);
    const stopping = new AbortController();
    const name = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
    // The one that runs is ended in the session, too.
    const stop = () => {
        stopping.abort();
        if (!fields.url) post("/examiner/stop", JSON.stringify({ run: name })).catch(() => {});
    };
    signal.addEventListener("abort", stop);
    const shown = progress(element, stop);
    const body = JSON.stringify({ args: fields.args, form, timeout: fields.timeout, run: name });
    const left = () => stopping.signal.aborted || state.isOver;
    let last = { message: "" };
    try {
        for (let attempt = 1; !left(); attempt += 1) {
            shown.say(attemptText(attempt, fields.retries));
            try {
                last = fields.url ? await askAddress(fields.url, body, fields.timeout, stopping.signal)
                    : await askExaminer(fields.name, body, stopping.signal);
            } catch (problem) {
                if (problem instanceof ActionProblem) throw problem;
                last = { isPassed: false, message: texts.checkUnreachable };
            }
            if (left()) break;
            if (last.isPassed) {
                await openWayOn();
                return last.message ? `${texts.checkPassed}\n${last.message}` : texts.checkPassed;
            }
            if (last.isHopeless || (fields.retries >= 0 && attempt > fields.retries)) break;
            shown.say(texts.checkWaiting);
            await pause(fields.delay, stopping.signal);
        }
    } finally {
        signal.removeEventListener("abort", stop);
        shown.end();
    }
    if (stopping.signal.aborted) throw new ActionProblem(texts.checkStopped);
    throw new ActionProblem(last.message ? `${texts.checkFailed}\n${last.message}` : texts.checkFailedAlone);
}

// ---- The way on ---------------------------------------------------------------------------------------------------

/// The page may have waited for this check before it let the reader go on.
async function openWayOn() {
    const article = document.getElementById("instructions-page");
    const before = document.getElementById("way-on");
    if (!article || !before || !before.querySelector("[aria-disabled]")) return;
    let html;
    try {
        const response = await fetch(`/examiner/way-on?page=${encodeURIComponent(article.dataset.page)}`, {
            redirect: "manual", cache: "no-store", headers: { Accept: "text/html" },
        });
        if (!response.ok) return;
        html = await response.text();
    } catch { return; }
    const now = new DOMParser().parseFromString(html, "text/html").getElementById("way-on");
    if (!now || !before.isConnected) return;
    before.replaceWith(now);
    if (!now.querySelector("[aria-disabled]")) tell(texts.nextIsOpen);
}

register("examiner:execute-test", check, { prepare });
