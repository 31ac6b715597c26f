// section:*: parts of a page that fold away.

import { autostart, register } from "./actions.js";
import { instructions } from "./halves.js";

const bodyOf = (fold) => fold.querySelector(":scope > .fold-body");

function setOpen(fold, isOpen) {
    const body = bodyOf(fold);
    body.classList.toggle("open", isOpen);
    const title = fold.querySelector(":scope > .action .action-title");
    if (title) title.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) autostart(body);
}

/// Opens every section around an element, so that it can be seen.
export function reveal(element) {
    for (let body = element.closest(".fold-body"); body; body = body.parentElement.closest(".fold-body")) {
        if (!body.classList.contains("open")) setOpen(body.parentElement, true);
    }
}

register("section:heading", async () => {});

register("section:begin", async (fields, { element }) => {
    if (!element) return;
    const fold = element.closest(".fold");
    const isOpen = !bodyOf(fold).classList.contains("open");
    setOpen(fold, isOpen);
    // What comes next is inside.
    return isOpen;
});

register("section:end", async (fields, { element }) => {
    if (element && fields.toggle) setOpen(element.closest(".fold"), false);
});

export function startSections() {
    if (!instructions) return;
    // A link to a place in a closed section.
    instructions.addEventListener("click", (event) => {
        const link = event.target.closest("a[href^='#']");
        const target = link && document.getElementById(decodeURIComponent(link.getAttribute("href").slice(1)));
        if (target) reveal(target);
    });
}
