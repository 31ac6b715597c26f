// Pages of instructions, without a reload.

import { pageShown } from "./actions.js";
import { instructions } from "./halves.js";
import { tell } from "./notice.js";
import { room, texts } from "./page.js";
import { reveal } from "./section-actions.js";

function pageOf(url) {
    const address = new URL(url, location.href);
    if (address.origin !== location.origin || address.pathname !== "/dashboard/") return null;
    return { page: address.searchParams.get("page") || "", hash: address.hash, url: address.href };
}

let loading = 0;
async function show(target, isNew) {
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
    document.getElementById("instructions-page").replaceWith(parsed);
    if (isNew) history.pushState(null, "", target.url);
    const step = document.getElementById("step");
    if (step) step.textContent = parsed.dataset.step;
    const heading = parsed.querySelector("h1");
    document.title = heading ? `${heading.textContent} – ${room.dataset.title}` : room.dataset.title;
    const anchor = target.hash ? document.getElementById(decodeURIComponent(target.hash.slice(1))) : null;
    if (anchor) reveal(anchor);
    if (anchor) anchor.scrollIntoView();
    else instructions.scrollTop = 0;
    parsed.focus({ preventScroll: true });
    pageShown();
}

// Which page an address without one means.
const first = document.querySelector(".contents a")
    ? new URL(document.querySelector(".contents a").href).searchParams.get("page") : "";

export function startInstructions() {
    if (!instructions) return;
    instructions.addEventListener("click", (event) => {
        const link = event.target.closest("a[href]");
        if (!link || link.target || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        if (link.getAttribute("href").startsWith("#")) return;
        const target = pageOf(link.href);
        if (!target) return;
        event.preventDefault();
        show(target, true);
    });
    addEventListener("popstate", () => {
        const target = pageOf(location.href);
        const shown = document.getElementById("instructions-page");
        if (target && shown && (target.page || first) !== shown.dataset.page) show({ ...target, page: target.page || first }, false);
    });
}
