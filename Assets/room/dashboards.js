// Tabs that show a page in a frame, or a terminal of their own (spec/dashboard.md section 3): those of the workshop, and
// those that an action makes while the room is open.

import { texts } from "./page.js";
import { addTerminalTab } from "./terminals.js";
import { addTab, findTab, onTabChange, removeTab, showTab, tabs, whenShown } from "./work-area.js";

/// Tabs that were made while the room was open, by id.
const created = new Map();

/// An address that may stand in a frame: a page of the web, or a path of this host. `null` for any other.
function address(url) {
    try {
        const parsed = new URL(url, location.href);
        return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
    } catch {
        return null;
    }
}

/// Fills a panel with a frame; it loads now.
function fill(panel, name, url) {
    const href = address(url);
    panel.replaceChildren();
    if (!href) return;
    if (location.protocol === "https:" && href.startsWith("http:")) return panel.append(elsewhere(href));
    const frame = document.createElement("iframe");
    frame.title = name;
    frame.className = "work-frame";
    frame.allow = "clipboard-read; clipboard-write; fullscreen";
    // Everything but taking the room away from under the learner.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals allow-pointer-lock");
    frame.src = href;
    panel.append(frame);
}

/// Browsers show no page without encryption inside one that has it.
function elsewhere(href) {
    const box = document.createElement("div");
    box.className = "work-message";
    const text = document.createElement("p");
    text.textContent = texts.framePlain;
    const link = document.createElement("a");
    link.href = href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.className = "button";
    link.textContent = texts.openFrame;
    box.append(text, link);
    return box;
}

/// Makes a tab for a page or, with an address of `terminal:<name>`, for a terminal; one that is there already is shown as
/// it is. Throws an Error with the reason for the author when the address is none.
export function createDashboard({ name, url, focus = true }) {
    const there = findTab(name);
    if (there) {
        if (focus) showTab(there.id);
        return there;
    }
    let tab = null;
    const onClose = () => {
        created.delete(tab.id);
        keep();
    };
    if (url.startsWith("terminal:")) {
        tab = addTerminalTab(url.slice("terminal:".length), { name, onClose });
    } else {
        if (!address(url)) throw new Error(`no address that can be shown: ${url}`);
        const onShow = (panel, isFirst) => { if (isFirst) fill(panel, name, panel.dataset.url || url); };
        tab = addTab({ name, canClose: true, onClose, onShow });
    }
    created.set(tab.id, { name, url });
    keep();
    if (focus) showTab(tab.id);
    return tab;
}

/// Loads a tab's page anew, from another address if one is given; makes the tab where there is none.
export function reloadDashboard({ name, url, focus = true }) {
    const tab = findTab(name);
    if (!tab) return createDashboard({ name, url, focus });
    const target = url || tab.panel.dataset.url || (created.get(tab.id) || {}).url || "";
    if (target && !target.startsWith("terminal:") && address(target)) {
        tab.panel.dataset.url = target;
        if (created.has(tab.id)) created.set(tab.id, { name: tab.name, url: target });
        keep();
        // One that nobody has seen yet loads when it is shown.
        if (tab.panel.firstChild || focus) fill(tab.panel, tab.name, target);
    }
    if (focus) showTab(tab.id);
    return tab;
}

/// Takes away a tab that was made while the room was open. False when there is none of that name.
export function deleteDashboard(name) {
    const tab = findTab(name);
    return Boolean(tab) && tab.canClose && removeTab(tab.id);
}

// Whoever loads the page anew has the same tabs.
const KEY = "lectern-tabs";
let isRestoring = false;
function keep() {
    if (isRestoring) return;
    const shown = tabs().find((tab) => tab.isShown);
    try {
        sessionStorage.setItem(KEY, JSON.stringify({ shown: shown ? shown.id : "", created: [...created.values()] }));
    } catch { /* Private windows keep nothing. */ }
}

/// The workshop's own tabs, and after them those that were made before the page was loaded anew.
export function startDashboards() {
    for (const panel of document.querySelectorAll(".work-panel[data-kind=frame]")) {
        whenShown(panel.dataset.tab, (shown, isFirst) => { if (isFirst) fill(shown, shown.dataset.name, shown.dataset.url); });
    }
    let kept = {};
    try { kept = JSON.parse(sessionStorage.getItem(KEY) || "{}"); } catch { /* Nothing that can be read was kept. */ }
    isRestoring = true;
    for (const one of Array.isArray(kept.created) ? kept.created : []) {
        try {
            if (typeof one.name === "string" && typeof one.url === "string") createDashboard({ ...one, focus: false });
        } catch { /* An address that can no longer be shown. */ }
    }
    isRestoring = false;
    if (kept.shown) showTab(kept.shown, { staysInHalf: true });
    onTabChange(keep);
}
