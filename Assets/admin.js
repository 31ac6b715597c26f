// The live view of staff. Without it the page shows what was when it was loaded, and every button works.
"use strict";

{
    const live = document.getElementById("live");
    if (live) watch(live);

    // One menu at a time; Escape and a click elsewhere close it.
    const close = (but) => document.querySelectorAll("details.menu[open]").forEach((menu) => {
        if (menu !== but) menu.open = false;
    });
    document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
    document.addEventListener("submit", () => close(null));
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        const menu = document.querySelector("details.menu[open]");
        if (!menu) return;
        menu.open = false;
        menu.querySelector("summary").focus();
    });

    // Moments of the log, as clocks here show them.
    for (const moment of document.querySelectorAll("time[data-moment]")) {
        moment.textContent = new Date(moment.dateTime).toLocaleString();
    }

    // What was done is told once.
    const address = new URL(location.href);
    if (address.searchParams.has("done")) {
        address.searchParams.delete("done");
        history.replaceState(null, "", address);
    }
}

function watch(live) {
    const status = live.querySelector("[data-status]");
    let offset = Number(live.dataset.now) - Date.now();
    let since = live.dataset.since;
    let source = null;
    let retry = 0;
    let timer = 0;

    const say = (words, kind) => {
        if (status.textContent !== words) status.textContent = words;
        status.className = "tag " + kind;
    };

    // Times left run down here; only a change of the end itself is sent.
    const two = (number) => String(number).padStart(2, "0");
    const clock = (seconds) => {
        const minutes = Math.floor(seconds / 60);
        return minutes < 60 ? `${minutes}:${two(seconds % 60)}`
            : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
    };
    const tick = () => {
        const now = Date.now() + offset;
        for (const time of document.querySelectorAll("time[data-ends]")) {
            const left = Math.max(0, Math.floor((Number(time.dataset.ends) - now) / 1000));
            time.textContent = clock(left);
            time.classList.toggle("soon", left < 300);
        }
    };
    tick();
    setInterval(() => { if (!document.hidden) tick(); }, 1000);

    const parse = (html) => {
        const template = document.createElement("template");
        template.innerHTML = html;
        return template.content.firstElementChild;
    };

    // Cell by cell, so that an open menu and the keyboard's place in it survive what happens in the cell beside it.
    const renew = (row, fresh) => {
        const cells = [...row.children];
        [...fresh.children].forEach((cell, index) => {
            const old = cells[index];
            if (old.dataset.memory !== undefined || old.dataset.processor !== undefined) return;
            const time = old.querySelector("time[data-ends]");
            const other = cell.querySelector("time[data-ends]");
            if (time && other && time.dataset.ends === other.dataset.ends) return;
            const menu = old.querySelector("details.menu");
            if (menu) {
                const isOpen = menu.open;
                const focus = old.contains(document.activeElement) ? document.activeElement : null;
                menu.open = false;
                if (old.innerHTML === cell.innerHTML) {
                    menu.open = isOpen;
                    if (focus) focus.focus();
                    return;
                }
                const label = focus && focus.textContent;
                old.replaceChildren(...cell.childNodes);
                const next = old.querySelector("details.menu");
                if (next) next.open = isOpen;
                if (focus) {
                    const again = [...old.querySelectorAll("button, summary")].find((item) => item.textContent === label);
                    (again || old.querySelector("summary") || row.querySelector("a, summary"))?.focus();
                }
            } else if (old.innerHTML !== cell.innerHTML) {
                const hadFocus = old.contains(document.activeElement);
                old.replaceChildren(...cell.childNodes);
                if (hadFocus) old.querySelector("a, button")?.focus();
            }
        });
    };

    const apply = (body, part) => {
        if (!body || !part) return;
        const fresh = new Map();
        for (const [id, html] of Object.entries(part.rows)) {
            const row = parse(html);
            const old = document.getElementById(id);
            if (old && old.parentElement === body) renew(old, row);
            else {
                row.classList.add("new");
                fresh.set(id, row);
            }
        }
        if (!part.order) return;
        const wanted = new Set(part.order);
        for (const row of [...body.children]) {
            if (!wanted.has(row.id)) {
                if (row.contains(document.activeElement)) document.getElementById("sessions")?.focus();
                row.remove();
            }
        }
        let place = body.firstElementChild;
        for (const id of part.order) {
            const row = fresh.get(id) || document.getElementById(id);
            if (!row) continue;
            if (row === place) place = place.nextElementSibling;
            else body.insertBefore(row, place);
        }
    };

    const change = (event) => {
        const message = JSON.parse(event.data);
        if (event.lastEventId) since = event.lastEventId;
        offset = message.now - Date.now();
        document.getElementById("summary").textContent = message.summary;
        apply(document.getElementById("environment-rows"), message.environments);
        apply(document.getElementById("session-rows"), message.sessions);
        if (message.pager !== undefined) document.getElementById("pager").replaceWith(parse(message.pager));
        const body = document.getElementById("session-rows");
        document.getElementById("no-sessions").hidden = body.childElementCount > 0;
        tick();
    };

    const usage = (event) => {
        for (const [id, [memory, processor]] of Object.entries(JSON.parse(event.data))) {
            const row = document.getElementById(id);
            if (!row) continue;
            row.querySelector("[data-memory]").textContent = memory;
            row.querySelector("[data-processor]").textContent = processor;
        }
    };

    const open = () => {
        clearTimeout(timer);
        if (source) source.close();
        say(live.dataset.connecting, "");
        const address = new URL(live.dataset.stream, location.href);
        address.searchParams.set("since", since);
        source = new EventSource(address);
        source.addEventListener("open", () => {
            retry = 0;
            say(live.dataset.live, "good");
        });
        source.addEventListener("change", change);
        source.addEventListener("usage", usage);
        source.addEventListener("error", () => {
            say(live.dataset.lost, "warn");
            if (source.readyState !== EventSource.CLOSED) return;
            // Refused: too many watch, the portal restarts, or this browser was signed out. A reload tells which.
            retry += 1;
            timer = setTimeout(open, Math.min(60, 2 ** retry) * 1000);
        });
    };

    const shut = () => {
        clearTimeout(timer);
        if (source) source.close();
        source = null;
    };

    // Nobody looks: nothing is sent. Whoever comes back gets what has changed.
    document.addEventListener("visibilitychange", () => (document.hidden ? shut() : open()));
    addEventListener("pagehide", shut);
    addEventListener("pageshow", (event) => { if (event.persisted) open(); });
    open();
}
