// Calls to the session's own host, and noticing that the session, or this browser's place in it, is gone.

import { over } from "./ending.js";
import { formToken, session, state } from "./page.js";

/// `{ status, body }` of the agent's answer; `isGone` once the portal answers in its place, which it does with a redirect;
/// `isUnclear` when somebody else answered. Throws when nobody did.
export async function call(path, options = {}) {
    const response = await fetch(path, {
        redirect: "manual", cache: "no-store", ...options, headers: { Accept: "application/json", ...options.headers },
    });
    if (response.type === "opaqueredirect") return { isGone: true };
    if (response.headers.get("Lectern-Session") !== session) return { isUnclear: true, status: response.status };
    return { status: response.status, body: response.status === 204 ? {} : await response.json() };
}

/// A call that changes something.
export function post(path, body) {
    return call(path, { method: "POST", headers: { "Lectern-Form-Token": formToken }, body });
}

/// Says that somebody is here, and learns whether the session still is.
export async function poll() {
    const answer = await call(`/session/poll?hidden=${document.hidden}`);
    if (answer.isGone) over();
    return answer;
}

/// The next one may get through.
function pollQuietly() { if (!state.isOver) poll().catch(() => {}); }

/// The agent was started anew and does not know this browser any more: one silent round through the portal.
export function enterAgain() {
    const last = Number(sessionStorage.getItem("lectern-entered") || 0);
    if (Date.now() - last < 60000) return;
    sessionStorage.setItem("lectern-entered", String(Date.now()));
    location.reload();
}

const wakers = [];

/// Called whenever the browser is online, visible or awake again: what a part knows may be old.
export function onWake(action) { wakers.push(action); }

export function wake() {
    pollQuietly();
    for (const action of wakers) action();
}

export function startConnection() {
    setInterval(pollQuietly, 15000);
    addEventListener("online", wake);
    addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });
}
