// The two halves of the room: side by side with a divider, or as tabs on a narrow screen. F6 goes from part to part.

import { room, texts } from "./page.js";
import { terminals } from "./terminals.js";
import { focusPanel } from "./work-area.js";

export const instructions = document.getElementById("instructions");
const work = document.getElementById("work");

/// The next part after a terminal: the other terminals in sight, the work area where it shows something else, then the
/// instructions.
export function moveOn(element, isBackwards) {
    const panes = [...document.querySelectorAll(".terminal-pane")].filter((pane) => !pane.closest("[hidden]"));
    const shown = document.querySelector(".work-panel:not([hidden])");
    const stops = shown && !shown.querySelector(".terminal-pane") ? [shown, ...panes] : panes;
    if (instructions) stops.unshift(instructions);
    const at = stops.findIndex((stop) => stop === element || stop.contains(element));
    const target = stops[(at + (isBackwards ? stops.length - 1 : 1)) % stops.length];
    if (!target || target === element) return;
    if (target === instructions) {
        showHalf("instructions");
        instructions.focus();
        return;
    }
    showHalf("work");
    const terminal = terminals.get(target.dataset.terminal);
    if (terminal) terminal.focus();
    else focusPanel();
}

const tabs = { instructions: document.getElementById("tab-instructions"), work: document.getElementById("tab-work") };
const narrow = matchMedia("(max-width: 47.99rem)");
/// Side by side or as tabs, as the screen and the workshop want it.
export function arrange() {
    const isTabbed = Boolean(tabs.work) && room.dataset.layout !== "read" && (room.dataset.layout === "tabs" || narrow.matches);
    room.classList.toggle("tabbed", isTabbed);
    for (const [name, pane] of [["instructions", instructions], ["work", work]]) {
        if (!pane) continue;
        if (isTabbed && tabs.work) {
            pane.setAttribute("role", "tabpanel");
            pane.setAttribute("aria-labelledby", `tab-${name}`);
        } else {
            pane.removeAttribute("role");
            pane.removeAttribute("aria-labelledby");
        }
    }
    if (isTabbed && !room.classList.contains("shows-work")) showHalf("instructions");
    for (const terminal of terminals.values()) terminal.fitSoon();
}
/// Brings a half to the front where they are tabs.
export function showHalf(name) {
    if (name === "instructions") unfold();
    if (!tabs.work) return;
    room.classList.toggle("shows-instructions", name === "instructions");
    room.classList.toggle("shows-work", name === "work");
    for (const key of ["instructions", "work"]) {
        tabs[key].setAttribute("aria-selected", String(key === name));
        tabs[key].tabIndex = key === name ? 0 : -1;
    }
    for (const terminal of terminals.values()) terminal.fitSoon();
}

export function startHalves() {
    if (instructions) {
        instructions.addEventListener("keydown", (event) => {
            if (event.key !== "F6") return;
            event.preventDefault();
            moveOn(instructions, event.shiftKey);
        });
    }
    if (work) {
        // Terminals and editors say themselves when they are left; from anywhere else the key gets here.
        work.addEventListener("keydown", (event) => {
            if (event.key !== "F6" || event.defaultPrevented) return;
            event.preventDefault();
            moveOn(event.target, event.shiftKey);
        });
    }
    if (tabs.work) {
        for (const name of ["instructions", "work"]) {
            tabs[name].addEventListener("click", () => showHalf(name));
            tabs[name].addEventListener("keydown", (event) => {
                if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
                event.preventDefault();
                const other = event.key === "Home" ? "instructions" : event.key === "End" ? "work"
                    : name === "work" ? "instructions" : "work";
                showHalf(other);
                tabs[other].focus();
            });
        }
    }
    narrow.addEventListener("change", arrange);
    arrange();
    startDivider();
}

// Set by the divider, where there is one.
let unfold = () => {};

function startDivider() {
    const divider = document.getElementById("divider");
    if (!divider) return;
    const least = 20, most = 70;
    let share = 40;
    const keep = (name, value) => {
        try { localStorage.setItem(name, value); } catch { /* Private windows keep nothing. */ }
    };
    const tellShare = () => {
        const isFolded = room.classList.contains("folded");
        divider.setAttribute("aria-valuenow", String(isFolded ? 0 : Math.round(share)));
        divider.setAttribute("aria-label", isFolded ? texts.showInstructions : label);
        for (const terminal of terminals.values()) terminal.fitSoon();
    };
    const setShare = (percent) => {
        share = Math.min(most, Math.max(least, percent));
        room.style.setProperty("--instructions-share", `${share}%`);
        keep("lectern-share", String(share));
        tellShare();
    };
    // Out of the way, and back at the width that they had.
    const fold = (isFolded) => {
        if (isFolded && instructions.contains(document.activeElement)) divider.focus();
        room.classList.toggle("folded", isFolded);
        keep("lectern-folded", isFolded ? "yes" : "");
        tellShare();
    };
    const label = divider.getAttribute("aria-label");
    unfold = () => fold(false);
    try {
        const kept = Number(localStorage.getItem("lectern-share"));
        if (kept >= least && kept <= most) setShare(kept);
        if (localStorage.getItem("lectern-folded") === "yes") fold(true);
    } catch { /* Private windows keep nothing. */ }
    divider.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        divider.setPointerCapture(event.pointerId);
        divider.classList.add("dragging");
        document.body.classList.add("dragging-now");
    });
    divider.addEventListener("pointermove", (event) => {
        if (!divider.hasPointerCapture(event.pointerId)) return;
        // A click that only wobbles is none.
        if (room.classList.contains("folded") && Math.abs(event.clientX - room.getBoundingClientRect().left) < 40) return;
        const box = room.getBoundingClientRect();
        if (room.classList.contains("folded")) fold(false);
        setShare(((event.clientX - box.left) / box.width) * 100);
    });
    const release = () => {
        divider.classList.remove("dragging");
        document.body.classList.remove("dragging-now");
    };
    divider.addEventListener("lostpointercapture", release);
    divider.addEventListener("dblclick", () => fold(!room.classList.contains("folded")));
    divider.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            fold(!room.classList.contains("folded"));
            return;
        }
        const now = share;
        const to = { ArrowLeft: now - 2, ArrowRight: now + 2, PageUp: now + 10, PageDown: now - 10, Home: least, End: most }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        if (room.classList.contains("folded")) fold(false);
        setShare(to);
    });
}
