// The portal's pages work without this; it saves reloads and tidies the address bar.
"use strict";

// A banner is read once: the reason for it leaves the address bar, so that a reload or a bookmark does not repeat it.
{
    const address = new URL(location.href);
    if (address.searchParams.has("notification")) {
        address.searchParams.delete("notification");
        history.replaceState(null, "", address);
    }
}

// A session that starts: ask how far it is, show it, go on as soon as it is ready.
{
    const start = document.querySelector("[data-progress]");
    if (start) follow(start);
}

function follow(start) {
    const bar = start.querySelector("progress");
    const steps = [...start.querySelectorAll(".steps > li")];
    const usual = Number(start.dataset.usual) || 5;
    const began = performance.now() - Number(start.dataset.elapsed || 0) * 1000;
    const elapsed = () => (performance.now() - began) / 1000;

    // The bar nears its end without reaching it: half-way after the usual time, so that it never lies.
    const draw = () => { if (bar) bar.value = 100 * (1 - Math.pow(0.5, elapsed() / usual)); };

    // Three times the usual is late, and so is ten seconds where nothing is known.
    const words = start.querySelector("[data-late]");
    const late = Math.max(10, 3 * Number(start.dataset.usual || 0));
    const tell = () => {
        if (words && elapsed() > late && words.textContent !== words.dataset.late) words.textContent = words.dataset.late;
    };

    const show = (step) => steps.forEach((item, index) => {
        const state = index < step ? "done" : index === step ? "now" : "later";
        item.className = state;
        const words = item.querySelector("[data-state]");
        if (words && words.dataset.state !== state) {
            words.dataset.state = state;
            words.textContent = words.dataset[state];
        }
    });

    let failures = 0;
    const ask = async () => {
        try {
            const answer = await fetch(start.dataset.progress, { cache: "no-store", headers: { Accept: "application/json" } });
            if (answer.ok) {
                failures = 0;
                const progress = await answer.json();
                show(progress.step);
                if (progress.state !== "starting") return location.replace(start.dataset.next);
            } else if (answer.status !== 503) {
                return location.replace(start.dataset.next);
            }
        } catch {
            // The portal restarts or the network is away: asking again is all that helps.
            failures += 1;
        }
        draw();
        tell();
        const pause = (elapsed() < 5 ? 300 : 1000) * Math.min(8, 1 + failures);
        setTimeout(ask, pause);
    };
    draw();
    setTimeout(ask, 300);
}
