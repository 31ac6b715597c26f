// The whole screen for the room, where the browser and the site around a frame allow it.

export function startFullScreen() {
    const button = document.getElementById("full-screen");
    if (!button || !document.fullscreenEnabled) return;
    // A phone has no room for the button, and nothing to gain from it; a narrow frame has.
    if (window.top === window && matchMedia("(max-width: 47.99rem)").matches) return;
    button.hidden = false;
    button.addEventListener("click", () => {
        const change = document.fullscreenElement
            ? document.exitFullscreen() : document.documentElement.requestFullscreen();
        // Refused: the button stays as it is.
        change.catch(() => {});
    });
    document.addEventListener("fullscreenchange", () => {
        button.setAttribute("aria-pressed", String(document.fullscreenElement !== null));
    });
}
