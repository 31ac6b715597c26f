// Pictures of the instructions, larger: by a click, or by Enter where they have the focus.

import { instructions } from "./halves.js";
import { texts } from "./page.js";

const dialog = document.getElementById("picture-dialog");

/// Shows a picture as large as the window lets it be.
export function showPicture(address, description) {
    if (!dialog) return;
    const picture = dialog.querySelector("img");
    picture.src = address;
    picture.alt = description || "";
    dialog.querySelector(".picture-text").textContent = description || "";
    dialog.showModal();
}

/// A picture that is a link, or smaller than a button, stays what it is.
function prepare(article) {
    for (const picture of article.querySelectorAll("img")) {
        if (picture.closest("a, button")) continue;
        const size = () => {
            if (picture.naturalWidth && (picture.naturalWidth < 96 || picture.naturalHeight < 64)) return;
            picture.classList.add("zoomable");
            picture.tabIndex = 0;
            picture.setAttribute("role", "button");
            picture.setAttribute("aria-label", picture.alt ? `${texts.showPicture}: ${picture.alt}` : texts.showPicture);
        };
        if (picture.complete) size();
        else picture.addEventListener("load", size, { once: true });
    }
}

export function startPictures(onPage) {
    if (!dialog) return;
    onPage(prepare);
    instructions.addEventListener("click", (event) => {
        const picture = event.target.closest("img.zoomable");
        if (picture) showPicture(picture.src, picture.alt);
    });
    instructions.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        const picture = event.target.closest("img.zoomable");
        if (!picture) return;
        event.preventDefault();
        showPicture(picture.src, picture.alt);
    });
    // A click beside the picture closes it, as Escape does.
    dialog.addEventListener("click", (event) => { if (!event.target.closest("img")) dialog.close(); });
    dialog.addEventListener("close", () => { dialog.querySelector("img").removeAttribute("src"); });
}
