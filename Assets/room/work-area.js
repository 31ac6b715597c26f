// The tabs of the work area (spec/dashboard.md section 3). One panel is shown at a time; the strip above appears with the
// second tab. What stands in a panel is the business of whoever added it.

import { arrange, showHalf } from "./halves.js";
import { room, texts } from "./page.js";

const work = document.getElementById("work");
const strip = document.getElementById("work-tabs");
const panels = document.getElementById("work-panels");

/// In the order of the strip: { id, name, panel, button, wrapper, canClose, onShow, onClose, wasShown }.
const list = [];
const listeners = [];
let shown = null;

/// Letters and digits of ASCII in lower case, everything else as single hyphens; as WorkArea.slug of the agent.
export function slug(name) {
    const plain = [...name].map((character) => (/[a-z0-9]/i.test(character) && character < "\x80" ? character.toLowerCase() : "-"));
    return plain.join("").replace(/-+/g, "-").replace(/^-|-$/g, "") || "tab";
}

function unique(id) {
    let result = id;
    for (let number = 2; list.some((tab) => tab.id === result); number += 1) result = `${id}-${number}`;
    return result;
}

const described = (tab) => ({ id: tab.id, name: tab.name, panel: tab.panel, isShown: tab === shown, canClose: tab.canClose });

/// Every tab, in the order of the strip.
export function tabs() { return list.map(described); }

/// A tab by its name or its id, whatever the case; `null` when there is none.
export function findTab(name) {
    const wanted = String(name).toLowerCase();
    const found = list.find((tab) => tab.name.toLowerCase() === wanted) || list.find((tab) => tab.id === wanted);
    return found ? described(found) : null;
}

/// The tab in which an element stands; `null` for one outside of the tabs.
export function tabOf(element) {
    const found = list.find((tab) => tab.panel.contains(element));
    return found ? described(found) : null;
}

/// Adds a tab at the end of the strip; it is not shown yet.
///
/// - id: made from the name unless given; a number is added where another tab has it.
/// - element: what the panel shows; may come later, in `onShow`.
/// - onShow(panel, isFirst): called whenever the tab comes to the front.
/// - onClose(): called before the tab goes.
export function addTab({ id, name, element = null, onShow = null, onClose = null, canClose = false }) {
    const tab = { id: unique(id || slug(name)), name, canClose, onShow: onShow ? [onShow] : [], onClose, wasShown: false };
    tab.panel = document.createElement("div");
    tab.panel.id = `work-panel-${tab.id}`;
    tab.panel.className = "work-panel";
    tab.panel.dataset.tab = tab.id;
    tab.panel.hidden = true;
    if (element) tab.panel.append(element);
    tab.wrapper = document.createElement("div");
    tab.wrapper.className = "work-tab";
    tab.wrapper.setAttribute("role", "presentation");
    tab.button = document.createElement("button");
    tab.button.type = "button";
    tab.button.id = `work-tab-${tab.id}`;
    tab.button.setAttribute("role", "tab");
    tab.button.setAttribute("aria-controls", tab.panel.id);
    tab.button.textContent = name;
    tab.wrapper.append(tab.button);
    if (canClose) tab.wrapper.append(closer(tab));
    strip.append(tab.wrapper);
    panels.append(tab.panel);
    panels.hidden = false;
    prepare(tab);
    list.push(tab);
    reveal();
    update();
    return described(tab);
}

/// For the mouse; the Delete key does the same on the tab, where a button inside of it would be out of place.
function closer(tab) {
    const cross = document.createElement("span");
    cross.className = "work-tab-close";
    cross.setAttribute("aria-hidden", "true");
    cross.title = texts.closeTab.replace("{name}", tab.name);
    cross.textContent = "×";
    cross.addEventListener("click", () => close(tab));
    return cross;
}

function close(tab) {
    const hadFocus = tab.wrapper.contains(document.activeElement) || tab.panel.contains(document.activeElement);
    removeTab(tab.id);
    if (hadFocus && shown) shown.button.focus();
}

/// Calls `action(panel, isFirst)` whenever the tab comes to the front; at once where it is there already.
export function whenShown(id, action) {
    const tab = list.find((one) => one.id === id);
    if (!tab) return;
    tab.onShow.push(action);
    if (tab === shown) action(tab.panel, true);
}

/// Called with the shown tab, or `null`, after another one has come to the front.
export function onTabChange(action) { listeners.push(action); }

/// Brings a tab to the front, and the work area with it where the halves are tabs. False when there is no such tab.
///
/// - focus: the keyboard goes into the panel, as after a click.
/// - staysInHalf: the instructions stay in sight where the halves are tabs.
export function showTab(id, { focus = false, staysInHalf = false } = {}) {
    const tab = list.find((one) => one.id === id);
    if (!tab) return false;
    if (!staysInHalf) showHalf("work");
    if (tab !== shown) {
        shown = tab;
        update();
        const isFirst = !tab.wasShown;
        tab.wasShown = true;
        for (const action of tab.onShow) action(tab.panel, isFirst);
        for (const action of listeners) action(described(tab));
    }
    tab.button.classList.remove("news");
    tab.button.title = tab.name;
    if (tab.wrapper.scrollIntoView) tab.wrapper.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus) focusPanel();
    return true;
}

/// Takes a tab away; its neighbour comes to the front. False when there is no such tab.
export function removeTab(id) {
    const index = list.findIndex((one) => one.id === id);
    if (index < 0) return false;
    const [tab] = list.splice(index, 1);
    if (tab.onClose) tab.onClose();
    tab.wrapper.remove();
    tab.panel.remove();
    if (tab === shown) {
        shown = null;
        const next = list[Math.max(0, index - 1)];
        if (next) showTab(next.id);
        else for (const action of listeners) action(null);
    }
    panels.hidden = list.length === 0;
    update();
    return true;
}

/// Puts a mark on a tab that is not shown: something happened there.
export function markTab(id, text) {
    const tab = list.find((one) => one.id === id);
    if (!tab || tab === shown) return;
    tab.button.classList.add("news");
    tab.button.title = text;
}

/// The keyboard goes to what is shown: into its terminal or frame, else to the first thing that takes it.
export function focusPanel() {
    const places = shown ? [shown.panel] : [];
    const lower = document.getElementById("work-lower");
    if (lower) places.push(lower);
    for (const place of places) {
        const target = place.querySelector("[data-focus-first], .terminal-pane textarea, iframe, button, [href], input, select, textarea, [tabindex]:not([tabindex='-1'])");
        if (target) return target.focus();
    }
    if (shown && !strip.hidden) shown.button.focus();
}

/// A work area that was empty at first gets its half of the room.
function reveal() {
    if (room.dataset.layout !== "read") return;
    room.dataset.layout = "sides";
    room.classList.replace("read", "sides");
    arrange();
}

function update() {
    strip.hidden = list.length < 2;
    for (const tab of list) {
        const isShown = tab === shown;
        tab.panel.hidden = !isShown;
        tab.button.setAttribute("aria-selected", String(isShown));
        tab.button.tabIndex = isShown || (!shown && tab === list[0]) ? 0 : -1;
        // A lone panel without a strip is no tab panel.
        if (strip.hidden) {
            tab.panel.removeAttribute("role");
            tab.panel.removeAttribute("aria-labelledby");
        } else {
            tab.panel.setAttribute("role", "tabpanel");
            tab.panel.setAttribute("aria-labelledby", tab.button.id);
        }
    }
}

function prepare(tab) {
    // A long name does not fit into the strip.
    tab.button.title = tab.name;
    if (tab.canClose) tab.button.setAttribute("aria-keyshortcuts", "Delete");
    tab.button.addEventListener("click", (event) => {
        // A pointer goes on to work in the panel; keys and screen readers stay on the tab.
        showTab(tab.id, { focus: event.detail > 0 });
    });
    tab.button.addEventListener("auxclick", (event) => {
        if (event.button === 1 && tab.canClose) close(tab);
    });
    tab.button.addEventListener("keydown", (event) => {
        const at = list.indexOf(tab);
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: list.length - 1 }[event.key];
        if (to !== undefined) {
            event.preventDefault();
            const next = list[(to + list.length) % list.length];
            showTab(next.id);
            next.button.focus();
        } else if (event.key === "Delete" && tab.canClose) {
            event.preventDefault();
            close(tab);
        }
    });
    // What happens in a panel is told by an event of this name; `detail` is the text for people.
    tab.panel.addEventListener("lectern-news", (event) => markTab(tab.id, event.detail));
}

/// Takes over the tabs that the page came with.
export function startWorkArea() {
    if (!work) return;
    for (const button of strip.querySelectorAll("[role=tab]")) {
        const panel = document.getElementById(button.getAttribute("aria-controls"));
        const tab = {
            id: panel.dataset.tab, name: panel.dataset.name, panel, button, wrapper: button.parentElement,
            canClose: false, onShow: [], onClose: null, wasShown: false,
        };
        prepare(tab);
        list.push(tab);
    }
    shown = list[0] || null;
    if (shown) shown.wasShown = true;
    update();
    work.addEventListener("focus", focusPanel);
    startLowerDivider();
}

/// Between the tabs and the terminals below them.
function startLowerDivider() {
    const divider = document.getElementById("lower-divider");
    if (!divider) return;
    const least = 10, most = 80;
    const setShare = (percent) => {
        const share = Math.min(most, Math.max(least, percent));
        work.style.setProperty("--lower-share", `${share}%`);
        divider.setAttribute("aria-valuenow", String(Math.round(share)));
        try { localStorage.setItem("lectern-lower-share", String(share)); } catch { /* Private windows keep nothing. */ }
    };
    try {
        const kept = Number(localStorage.getItem("lectern-lower-share"));
        if (kept >= least && kept <= most) setShare(kept);
    } catch { /* Private windows keep nothing. */ }
    divider.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        divider.setPointerCapture(event.pointerId);
        divider.classList.add("dragging");
        // A frame under the pointer would swallow what it does.
        document.body.classList.add("dragging-now", "dragging-lying");
    });
    divider.addEventListener("pointermove", (event) => {
        if (!divider.hasPointerCapture(event.pointerId)) return;
        const box = work.getBoundingClientRect();
        setShare(((box.bottom - event.clientY) / box.height) * 100);
    });
    divider.addEventListener("lostpointercapture", () => {
        divider.classList.remove("dragging");
        document.body.classList.remove("dragging-now", "dragging-lying");
    });
    divider.addEventListener("dblclick", () => setShare(30));
    divider.addEventListener("keydown", (event) => {
        const now = Number(divider.getAttribute("aria-valuenow"));
        const to = { ArrowUp: now + 2, ArrowDown: now - 2, PageUp: now + 10, PageDown: now - 10, Home: least, End: most }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        setShare(to);
    });
}
