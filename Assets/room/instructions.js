// Pages of instructions, without a reload: each page is a step of the browser's history, with its place in the scroll.

import { pageShown } from "./actions.js";
import { startHighlighting } from "./highlighting.js";
import { instructions, showHalf } from "./halves.js";
import { tell } from "./notice.js";
import { room, session, texts } from "./page.js";
import { startPictures } from "./pictures.js";
import { reveal } from "./section-actions.js";

const listeners = [];

/// Called with each page that is shown, the first one too: the `article` and its id.
export function onPage(action) {
    listeners.push(action);
    const shown = article();
    if (isStarted && shown) action(shown, shown.dataset.page);
}

let isStarted = false;

const article = () => document.getElementById("instructions-page");

function pageOf(url) {
    const address = new URL(url, location.href);
    if (address.origin !== location.origin || address.pathname !== "/dashboard/") return null;
    return { page: address.searchParams.get("page") || "", hash: address.hash, url: address.href };
}

let loading = 0;

/// - scroll: where the page stood before; nothing for its top, or the place that the address names.
async function show(target, { isNew, scroll } = {}) {
    const mine = ++loading;
    let response;
    try {
        const path = target.page.split("/").map(encodeURIComponent).join("/");
        response = await fetch(`/workshop/content/${path}/?fragment`, { redirect: "manual", headers: { Accept: "text/html" } });
    } catch { /* Told below. */ }
    if (mine !== loading) return;
    if (!response || !response.ok) {
        // The plain link knows what to do: enter again, or show what is wrong.
        if (response) location.assign(target.url);
        else tell(texts.pageFailed);
        return;
    }
    const html = await response.text();
    if (mine !== loading) return;
    const parsed = new DOMParser().parseFromString(html, "text/html").getElementById("instructions-page");
    if (!parsed) return location.assign(target.url);
    if (isNew) {
        remember();
        history.pushState(null, "", target.url);
    }
    replace(parsed);
    if (scroll) instructions.scrollTop = scroll;
    else if (!scrollTo(target.hash)) instructions.scrollTop = 0;
    remember();
    parsed.focus({ preventScroll: true });
}

function replace(parsed) {
    article().replaceWith(parsed);
    const step = document.getElementById("step");
    if (step) step.textContent = parsed.dataset.step;
    const heading = parsed.querySelector("h1");
    document.title = heading ? `${heading.textContent} – ${room.dataset.title}` : room.dataset.title;
    for (const action of listeners) action(parsed, parsed.dataset.page);
    pageShown();
}

/// The same page anew, at the place where it is, for one that was changed. The learner's focus stays where it is.
export async function refresh() {
    const shown = article();
    if (!shown || !shown.dataset.page) return location.reload();
    const mine = ++loading;
    const path = shown.dataset.page.split("/").map(encodeURIComponent).join("/");
    const response = await fetch(`/workshop/content/${path}/?fragment`, { redirect: "manual" });
    if (mine !== loading) return;
    if (!response.ok) return location.reload();
    const html = await response.text();
    const parsed = new DOMParser().parseFromString(html, "text/html").getElementById("instructions-page");
    if (mine !== loading || !parsed) return;
    const scroll = instructions.scrollTop;
    replace(parsed);
    instructions.scrollTop = scroll;
}

/// - Returns: whether the page has such a place.
function scrollTo(hash) {
    const name = decode(hash.slice(1));
    if (!name) return false;
    // Addresses that people write do not know that anchors have a prefix.
    const place = document.getElementById(name) || document.getElementById(`at-${name}`);
    if (!place || !instructions.contains(place)) return false;
    for (let part = place.parentElement; part; part = part.parentElement) {
        if (part.tagName === "DETAILS") part.open = true;
    }
    reveal(place);
    place.scrollIntoView();
    return true;
}

function decode(text) {
    try { return decodeURIComponent(text); } catch { return text; }
}

// ---- Places ----------------------------------------------------------------------------------------------------------

const key = `lectern-scroll:${session}`;

/// Keeps the place in the scroll: in the step of the history, and for whoever comes back by another way.
function remember() {
    const shown = article();
    if (!shown) return;
    const top = Math.round(instructions.scrollTop);
    const state = { ...(history.state || {}), scroll: top, page: shown.dataset.page };
    history.replaceState(state, "");
    try { localStorage.setItem(key, JSON.stringify({ page: shown.dataset.page, scroll: top })); } catch { /* Private windows keep nothing. */ }
}

function remembered() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
}

/// Names of sessions are used once; what older ones left behind goes.
function forgetOthers() {
    try {
        for (const name of Object.keys(localStorage)) {
            if (name.startsWith("lectern-scroll:") && name !== key) localStorage.removeItem(name);
        }
    } catch { /* Private windows keep nothing. */ }
}

function arrive() {
    const shown = article();
    if (!shown || !shown.dataset.page) return;
    // An address without a page means another one next time.
    const address = new URL(location.href);
    if (!address.searchParams.get("page")) {
        address.searchParams.set("page", shown.dataset.page);
        history.replaceState(history.state, "", address.href.replace(/%2F/g, "/"));
    }
    const place = remembered();
    const state = history.state || {};
    if (state.page === shown.dataset.page && state.scroll) instructions.scrollTop = state.scroll;
    else if (!scrollTo(location.hash) && place.page === shown.dataset.page) instructions.scrollTop = place.scroll;
    remember();
}

// ---- Start -----------------------------------------------------------------------------------------------------------

function follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || link.target || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (event.defaultPrevented) return;
    const written = link.getAttribute("href");
    if (written.startsWith("#")) {
        if (written === "#end-dialog") return;
        event.preventDefault();
        remember();
        if (!scrollTo(written)) return;
        history.pushState(null, "", written);
        remember();
        return;
    }
    const target = pageOf(link.href);
    if (!target) return;
    event.preventDefault();
    const shown = article();
    if (shown && target.page === shown.dataset.page && target.hash) {
        remember();
        if (scrollTo(target.hash)) history.pushState(null, "", target.url);
        remember();
        return;
    }
    show(target, { isNew: true });
}

export function startInstructions() {
    if (!instructions) return;
    history.scrollRestoration = "manual";
    forgetOthers();
    arrive();
    instructions.addEventListener("click", follow);
    let waiting = 0;
    instructions.addEventListener("scroll", () => {
        clearTimeout(waiting);
        waiting = setTimeout(remember, 150);
    }, { passive: true });
    addEventListener("pagehide", remember);
    addEventListener("popstate", (event) => {
        clearTimeout(waiting);
        const target = pageOf(location.href);
        const shown = article();
        if (!target || !shown) return;
        const scroll = event.state && event.state.scroll;
        if (target.page && target.page !== shown.dataset.page) {
            show(target, { scroll });
        } else {
            // A page that is being loaded is not wanted any more.
            loading += 1;
            if (event.state && event.state.scroll !== undefined) instructions.scrollTop = scroll;
            else if (!scrollTo(target.hash)) instructions.scrollTop = 0;
        }
    });
    document.addEventListener("keydown", (event) => {
        if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        const relation = { PageDown: "next", PageUp: "prev" }[event.key];
        const link = relation && instructions.querySelector(`.page-turner a[rel="${relation}"]`);
        if (!link) return;
        event.preventDefault();
        showHalf("instructions");
        link.click();
    });
    isStarted = true;
    const shown = article();
    if (shown) for (const action of listeners) action(shown, shown.dataset.page);
    startPictures(onPage);
    startHighlighting(onPage);
}
