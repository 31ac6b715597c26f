// The learner's room: terminals over WebSocket, pages without a reload, the time that is left. No library but xterm.js.
"use strict";

(() => {
    const room = document.getElementById("room");
    if (!room) return;
    document.documentElement.classList.replace("no-script", "script");

    const texts = JSON.parse(document.getElementById("texts").textContent);
    const session = room.dataset.session;
    const formToken = room.dataset.formToken;
    let isOver = false;

    // What happened, for everybody: shown for a while and read aloud.
    const notice = document.getElementById("notice");
    let noticeTimer = 0;
    function tell(text, milliseconds = 6000) {
        clearTimeout(noticeTimer);
        notice.textContent = text;
        if (milliseconds) noticeTimer = setTimeout(() => { notice.textContent = ""; }, milliseconds);
    }

    // ---- Terminals ------------------------------------------------------------------------------------------------

    const dark = matchMedia("(prefers-color-scheme: dark)");
    const palettes = {
        light: {
            background: "#ffffff", foreground: "#1d2321", cursor: "#17644f", cursorAccent: "#ffffff", selection: "rgba(23, 87, 194, .25)",
            black: "#1d2321", red: "#a3241f", green: "#1d6534", yellow: "#7a4a00", blue: "#1757c2", magenta: "#8a2a86", cyan: "#0d6570", white: "#55605b",
            brightBlack: "#55605b", brightRed: "#b93a2f", brightGreen: "#2a7342", brightYellow: "#8a5a00", brightBlue: "#2a66d0", brightMagenta: "#9b3d97", brightCyan: "#17727e", brightWhite: "#1d2321",
        },
        dark: {
            background: "#0e1110", foreground: "#e9e8e3", cursor: "#79d3b4", cursorAccent: "#0e1110", selection: "rgba(138, 184, 255, .35)",
            black: "#1b201e", red: "#ff9d94", green: "#8bd89c", yellow: "#f0c174", blue: "#8ab8ff", magenta: "#e3a4e0", cyan: "#7fd6df", white: "#d6d8d3",
            brightBlack: "#8a948f", brightRed: "#ffb8b1", brightGreen: "#a9e6b6", brightYellow: "#f7d59b", brightBlue: "#aecdff", brightMagenta: "#efc2ed", brightCyan: "#a5e5ec", brightWhite: "#ffffff",
        },
    };
    const palette = () => (dark.matches ? palettes.dark : palettes.light);

    const encoder = new TextEncoder();
    const kinds = { input: 0, resize: 1, shown: 2, ping: 3, paste: 4 };
    const PASTE_PART = 2048;
    const SHOWN_STEP = 32 * 1024;

    class RoomTerminal {
        constructor(element) {
            this.id = element.dataset.terminal;
            this.element = element;
            this.screen = element.querySelector(".terminal-screen");
            this.state = element.querySelector(".terminal-state");
            this.stream = null;
            this.position = 0;
            this.acknowledged = 0;
            this.delay = 0;
            this.failures = 0;
            this.paste = [];
            this.isPasting = false;
            this.socket = null;
            this.decoder = new TextDecoder();

            this.view = new window.Terminal({
                cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
                fontFamily: getComputedStyle(element).getPropertyValue("--mono").trim() || "monospace",
                fontSize: 14, scrollback: 5000, theme: palette(), allowTransparency: false,
            });
            this.view.open(this.screen);
            this.view.textarea.setAttribute("aria-label", element.getAttribute("aria-label"));
            this.view.textarea.setAttribute("aria-describedby", "terminal-keys");
            this.view.attachCustomKeyEventHandler((event) => this.key(event));
            this.view.on("data", (text) => this.type(text));
            dark.addEventListener("change", () => this.view.setOption("theme", palette()));

            // One fit for all that happens before the next frame.
            this.fitting = false;
            new ResizeObserver(() => this.fitSoon()).observe(this.screen);
            this.fit();
            this.connect();
        }

        /// F6 leaves the terminal, where Tab belongs to the shell; Ctrl+Shift+C and V are copy and paste.
        key(event) {
            if (event.key === "F6") {
                if (event.type === "keydown") moveOn(this.element, event.shiftKey);
                event.preventDefault();
                return false;
            }
            if (event.ctrlKey && event.shiftKey && event.code === "KeyC" && this.view.hasSelection()) {
                if (event.type === "keydown") copy(this.view.getSelection());
                event.preventDefault();
                return false;
            }
            if (event.ctrlKey && event.shiftKey && event.code === "KeyV") return false;
            return true;
        }

        fitSoon() {
            if (this.fitting) return;
            this.fitting = true;
            requestAnimationFrame(() => {
                this.fitting = false;
                this.fit();
            });
        }

        fit() {
            if (this.screen.clientWidth < 20 || this.screen.clientHeight < 20) return;
            const size = this.view.proposeGeometry();
            if (!size || !(size.cols > 1 && size.rows > 0)) return;
            const wanted = `${size.cols}x${size.rows}`;
            if (wanted === this.wanted) return;
            this.wanted = wanted;
            this.columns = size.cols;
            this.rows = size.rows;
            this.view.resize(size.cols, size.rows);
            this.sendSize();
        }

        sendSize() {
            if (!this.columns) return;
            const { columns, rows } = this;
            this.send(kinds.resize, new Uint8Array([columns >> 8, columns & 255, rows >> 8, rows & 255]));
        }

        // Connection

        connect() {
            if (isOver) return;
            const base = location.origin.replace(/^http/, "ws");
            const query = new URLSearchParams();
            if (this.stream) query.set("from", `${this.stream}:${this.position}`);
            if (this.columns) {
                query.set("columns", this.columns);
                query.set("rows", this.rows);
            }
            const socket = new WebSocket(`${base}/terminal/session/${encodeURIComponent(this.id)}/socket?${query}`);
            socket.binaryType = "arraybuffer";
            this.socket = socket;
            // An attempt that hangs (a sleeping radio) is given up like one that fails.
            const patience = setTimeout(() => socket.close(), 10000);
            socket.onopen = () => {
                clearTimeout(patience);
                this.lastHeard = Date.now();
                if (this.failures > 0 && !this.state.hidden) tell(texts.connected, 2000);
                this.delay = 0;
                this.failures = 0;
                this.setState("");
                this.sendSize();
                this.isPasting = false;
                this.sendPaste();
            };
            socket.onmessage = (event) => {
                this.lastHeard = Date.now();
                this.message(new DataView(event.data));
            };
            socket.onclose = () => {
                clearTimeout(patience);
                if (this.socket !== socket) return;
                this.socket = null;
                this.reconnect();
            };
        }

        reconnect() {
            if (isOver) return;
            this.failures += 1;
            this.delay = Math.min(5000, this.delay ? this.delay * 1.5 : 250);
            this.setState(texts.reconnecting);
            clearTimeout(this.retry);
            this.retry = setTimeout(() => this.tryAgain(), this.delay);
        }

        /// A socket says nothing about why it is refused; a plain request does, so that comes first.
        async tryAgain() {
            let answer = {};
            try { answer = await poll(); } catch { /* Nobody there: later again. */ }
            if (isOver || this.socket) return;
            if (answer.status === 204) return this.connect();
            if (answer.status === 401) enterAgain();
            this.reconnect();
        }

        /// The browser is online or awake again: no reason to wait any longer.
        hurry() {
            if (this.socket) {
                this.ping();
            } else if (!isOver) {
                this.delay = 0;
                clearTimeout(this.retry);
                this.tryAgain();
            }
        }

        ping() {
            // Nothing heard for three pings: the connection is dead and nobody has told us.
            if (this.socket && Date.now() - this.lastHeard > 50000) {
                const dead = this.socket;
                this.socket = null;
                dead.close();
                this.reconnect();
                return;
            }
            this.send(kinds.ping, new Uint8Array(0));
        }

        setState(text) {
            this.state.textContent = text;
            this.state.hidden = !text;
        }

        send(kind, bytes) {
            if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
            const message = new Uint8Array(bytes.length + 1);
            message[0] = kind;
            message.set(bytes, 1);
            this.socket.send(message);
            return true;
        }

        message(data) {
            switch (data.getUint8(0)) {
                case 0: this.begin(data); break;
                case 1: this.output(data); break;
                case 2: break;
                case 4:
                    this.isPasting = false;
                    this.sendPaste();
                    break;
                case 5: this.view.resize(data.getUint16(1), data.getUint16(3)); break;
            }
        }

        begin(data) {
            const stream = hexadecimal(data, 1);
            const flags = data.getUint8(17);
            this.stream = stream;
            this.position = number(data, 9);
            this.acknowledged = this.position;
            if (flags & 1) {
                this.decoder = new TextDecoder();
                this.view.reset();
                if (flags & 2) this.view.writeln(`\x1b[2m[${texts.gap}]\x1b[0m`);
            }
        }

        output(data) {
            const start = number(data, 1);
            // After a reconnect nothing is shown twice.
            const skip = Math.max(0, this.position - start);
            const bytes = new Uint8Array(data.buffer, 9 + skip);
            this.position = start + skip + bytes.length;
            this.view.write(this.decoder.decode(bytes, { stream: true }));
            if (this.position - this.acknowledged >= SHOWN_STEP) this.acknowledgeWhenShown();
        }

        /// xterm.js queues what it is given; only what it has worked off counts as shown.
        acknowledgeWhenShown() {
            if (this.settling) return;
            this.settling = true;
            const look = () => {
                const core = this.view._core;
                if (core && core.writeBuffer && core.writeBuffer.length > 0) {
                    setTimeout(look, 8);
                    return;
                }
                this.settling = false;
                this.acknowledged = this.position;
                const bytes = new DataView(new ArrayBuffer(8));
                bytes.setUint32(0, Math.floor(this.position / 2 ** 32));
                bytes.setUint32(4, this.position % 2 ** 32);
                this.send(kinds.shown, new Uint8Array(bytes.buffer));
            };
            look();
        }

        // Input

        type(text) {
            const bytes = encoder.encode(text);
            if (bytes.length > PASTE_PART || this.paste.length > 0 || this.isPasting) {
                for (let at = 0; at < bytes.length; at += PASTE_PART) this.paste.push(bytes.subarray(at, at + PASTE_PART));
                this.sendPaste();
            } else {
                this.send(kinds.input, bytes);
            }
        }

        /// One part at a time; the next when the shell has taken it.
        sendPaste() {
            if (this.isPasting || this.paste.length === 0) return;
            if (this.send(kinds.paste, this.paste[0])) {
                this.paste.shift();
                this.isPasting = true;
            }
        }

        focus() { this.view.focus(); }
    }

    function number(data, at) { return data.getUint32(at) * 2 ** 32 + data.getUint32(at + 4); }
    function hexadecimal(data, at) {
        return data.getUint32(at).toString(16) + data.getUint32(at + 4).toString(16).padStart(8, "0");
    }

    const terminals = new Map();
    if (typeof window.Terminal === "function") {
        for (const element of document.querySelectorAll(".terminal-pane")) {
            const terminal = new RoomTerminal(element);
            terminals.set(terminal.id, terminal);
        }
    }
    setInterval(() => { for (const terminal of terminals.values()) terminal.ping(); }, 15000);
    const screenReader = document.getElementById("screen-reader");
    if (screenReader) {
        screenReader.addEventListener("click", () => {
            for (const terminal of terminals.values()) terminal.view.setOption("screenReaderMode", true);
            const first = terminals.values().next().value;
            if (first) first.focus();
            tell(texts.screenReaderOn);
        });
    }

    // ---- Moving between the parts ---------------------------------------------------------------------------------

    const instructions = document.getElementById("instructions");
    const work = document.getElementById("work");

    /// The next part after a terminal: the other terminals in order, then the instructions.
    function moveOn(element, isBackwards) {
        const stops = [...document.querySelectorAll(".terminal-pane")];
        if (instructions) stops.unshift(instructions);
        const at = stops.findIndex((stop) => stop === element || stop.contains(element));
        const target = stops[(at + (isBackwards ? stops.length - 1 : 1)) % stops.length];
        if (!target || target === element) return;
        if (target === instructions) {
            showTab("instructions");
            instructions.focus();
        } else {
            showTab("work");
            const terminal = terminals.get(target.dataset.terminal);
            if (terminal) terminal.focus();
        }
    }
    if (instructions) {
        instructions.addEventListener("keydown", (event) => {
            if (event.key !== "F6") return;
            event.preventDefault();
            moveOn(instructions, event.shiftKey);
        });
    }
    if (work) {
        work.addEventListener("focus", () => {
            const first = terminals.values().next().value;
            if (first) first.focus();
        });
    }

    const tabs = { instructions: document.getElementById("tab-instructions"), work: document.getElementById("tab-work") };
    const narrow = matchMedia("(max-width: 47.99rem)");
    function arrange() {
        const isTabbed = Boolean(tabs.work) && (room.dataset.layout === "tabs" || narrow.matches);
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
        if (isTabbed && !room.classList.contains("shows-work")) showTab("instructions");
        for (const terminal of terminals.values()) terminal.fitSoon();
    }
    function showTab(name) {
        if (!tabs.work) return;
        room.classList.toggle("shows-instructions", name === "instructions");
        room.classList.toggle("shows-work", name === "work");
        for (const key of ["instructions", "work"]) {
            tabs[key].setAttribute("aria-selected", String(key === name));
            tabs[key].tabIndex = key === name ? 0 : -1;
        }
        for (const terminal of terminals.values()) terminal.fitSoon();
    }
    if (tabs.work) {
        for (const name of ["instructions", "work"]) {
            tabs[name].addEventListener("click", () => showTab(name));
            tabs[name].addEventListener("keydown", (event) => {
                if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
                event.preventDefault();
                const other = event.key === "Home" ? "instructions" : event.key === "End" ? "work"
                    : name === "work" ? "instructions" : "work";
                showTab(other);
                tabs[other].focus();
            });
        }
    }
    narrow.addEventListener("change", arrange);
    arrange();

    // ---- The divider ----------------------------------------------------------------------------------------------

    const divider = document.getElementById("divider");
    if (divider) {
        const least = 20, most = 70;
        const setShare = (percent) => {
            const share = Math.min(most, Math.max(least, percent));
            room.style.setProperty("--instructions-share", `${share}%`);
            divider.setAttribute("aria-valuenow", String(Math.round(share)));
            try { localStorage.setItem("lectern-share", String(share)); } catch { /* Private windows keep nothing. */ }
        };
        try {
            const kept = Number(localStorage.getItem("lectern-share"));
            if (kept >= least && kept <= most) setShare(kept);
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
            const box = room.getBoundingClientRect();
            setShare(((event.clientX - box.left) / box.width) * 100);
        });
        const release = () => {
            divider.classList.remove("dragging");
            document.body.classList.remove("dragging-now");
        };
        divider.addEventListener("lostpointercapture", release);
        divider.addEventListener("dblclick", () => setShare(40));
        divider.addEventListener("keydown", (event) => {
            const now = Number(divider.getAttribute("aria-valuenow"));
            const to = { ArrowLeft: now - 2, ArrowRight: now + 2, PageUp: now + 10, PageDown: now - 10, Home: least, End: most }[event.key];
            if (to === undefined) return;
            event.preventDefault();
            setShare(to);
        });
    }

    // ---- Buttons of code blocks -----------------------------------------------------------------------------------

    async function copy(text) {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch {
            // Pages without https have no clipboard of their own; the old way still works there.
            const area = document.createElement("textarea");
            area.value = text;
            area.className = "visually-hidden";
            document.body.append(area);
            area.select();
            const done = document.execCommand("copy");
            area.remove();
            return done;
        }
    }

    document.addEventListener("click", async (event) => {
        const button = event.target.closest("button[data-copy], button[data-action]");
        if (!button) return;
        if (button.dataset.event) {
            // Nothing depends on it, and nobody waits for it.
            fetch("/session/event", {
                method: "POST", redirect: "manual", headers: { "Lectern-Form-Token": formToken },
                body: new URLSearchParams({ event_name: button.dataset.event }),
            }).catch(() => {});
        }
        if (button.dataset.copy !== undefined) {
            const done = await copy(button.dataset.copy);
            button.focus();
            tell(done ? texts.copied : texts.copyFailed, 2500);
            if (done) flash(button);
            return;
        }
        const { action, text = "" } = button.dataset;
        const ids = (button.dataset.terminals || "1").split(" ");
        for (const id of ids) {
            const terminal = terminals.get(id);
            if (!terminal) continue;
            if (button.dataset.clear || action === "clear") terminal.view.clear();
            if (action === "run") terminal.type(text.replace(/\n/g, "\r") + "\r");
            if (action === "type") terminal.type(text.replace(/\n/g, "\r"));
            if (action === "interrupt") terminal.type("\x03");
        }
        const first = terminals.get(ids[0]);
        if (first) {
            showTab("work");
            first.focus();
            flash(button);
        }
    });

    function flash(button) {
        button.classList.add("done");
        setTimeout(() => button.classList.remove("done"), 1500);
    }

    // ---- Pages of instructions ------------------------------------------------------------------------------------

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
        if (anchor) anchor.scrollIntoView();
        else instructions.scrollTop = 0;
        parsed.focus({ preventScroll: true });
    }

    if (instructions) {
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
    // Which page an address without one means.
    const first = document.querySelector(".contents a")
        ? new URL(document.querySelector(".contents a").href).searchParams.get("page") : "";

    // ---- Time -----------------------------------------------------------------------------------------------------

    const time = document.getElementById("time");
    const clock = document.getElementById("clock");
    const extend = document.getElementById("extend");
    let deadline = null;
    let extendable = false;
    let warned = { five: false, one: false };
    let lastCheck = 0;
    let checking = false;

    async function call(path, options = {}) {
        const response = await fetch(path, { redirect: "manual", cache: "no-store", ...options, headers: { Accept: "application/json", ...options.headers } });
        // Once the session is gone the portal answers in its place, with a redirect.
        if (response.type === "opaqueredirect") return { isGone: true };
        if (response.headers.get("Lectern-Session") !== session) return { isUnclear: true, status: response.status };
        return { status: response.status, body: response.status === 204 ? {} : await response.json() };
    }

    async function check() {
        if (checking || isOver) return;
        checking = true;
        lastCheck = Date.now();
        try {
            const answer = await call("/session/schedule");
            if (answer.isGone) return over();
            if (answer.status === 401) return enterAgain();
            if (answer.status === 200) take(answer.body);
        } catch {
            // Offline, or the host is away: the terminals show that they reconnect.
        } finally {
            checking = false;
        }
    }

    /// The agent was started anew and does not know this browser any more: one silent round through the portal.
    function enterAgain() {
        const last = Number(sessionStorage.getItem("lectern-entered") || 0);
        if (Date.now() - last < 60000) return;
        sessionStorage.setItem("lectern-entered", String(Date.now()));
        location.reload();
    }

    function take(schedule) {
        if (["stopping", "stopped"].includes(String(schedule.status).toLowerCase())) return over();
        extendable = schedule.extendable === true;
        if (typeof schedule.countdown !== "number") {
            deadline = null;
            time.hidden = true;
            extend.hidden = true;
            return;
        }
        const before = deadline;
        deadline = Date.now() + schedule.countdown * 1000;
        if (before !== null && deadline - before > 30000) warned = { five: false, one: false };
        extend.hidden = !extendable;
        tick();
    }

    let lastTick = Date.now();
    function tick() {
        const now = Date.now();
        // A leap means that the machine slept: what we know is old.
        if (now - lastTick > 5000) wake();
        lastTick = now;
        if (deadline === null || isOver) return;
        const left = Math.max(0, Math.round((deadline - now) / 1000));
        const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60, seconds = left % 60;
        const two = (value) => String(value).padStart(2, "0");
        time.hidden = false;
        clock.textContent = hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
        time.classList.toggle("soon", left <= 300 && left > 60);
        time.classList.toggle("now", left <= 60);
        if (left <= 60 && !warned.one) {
            warned = { five: true, one: true };
            warn(texts.minuteLeft);
        } else if (left <= 300 && left > 60 && !warned.five) {
            warned.five = true;
            warn(texts.minutesLeft.replace("{n}", String(Math.ceil(left / 60))));
        }
        if (left === 0 && now - lastCheck > 2000) check();
    }
    function warn(text) { tell(extendable ? `${text} ${texts.canExtend}` : text, 15000); }

    extend.addEventListener("click", async () => {
        extend.disabled = true;
        try {
            const answer = await call("/session/extend", { method: "POST", headers: { "Lectern-Form-Token": formToken } });
            if (answer.isGone) return over();
            if (answer.status === 401) return enterAgain();
            if (answer.status === 200) {
                take(answer.body);
                tell(answer.body.extended ? texts.extended : texts.notExtended);
            } else {
                tell(texts.portalAway);
            }
        } catch {
            tell(texts.portalAway);
        } finally {
            extend.disabled = false;
        }
    });

    /// Says that somebody is here, and learns whether the session still is.
    async function poll() {
        const answer = await call(`/session/poll?hidden=${document.hidden}`);
        if (answer.isGone) over();
        return answer;
    }
    /// The next one may get through.
    function pollQuietly() { if (!isOver) poll().catch(() => {}); }

    function wake() {
        check();
        pollQuietly();
        for (const terminal of terminals.values()) terminal.hurry();
    }

    setInterval(tick, 500);
    setInterval(() => { if (room.dataset.hasExpiry === "yes" || isOver) check(); }, 15000);
    setInterval(pollQuietly, 15000);
    addEventListener("online", wake);
    addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });
    check();

    // ---- The end --------------------------------------------------------------------------------------------------

    const endDialog = document.getElementById("end-dialog");
    const overDialog = document.getElementById("over-dialog");

    document.getElementById("end").addEventListener("click", (event) => {
        event.preventDefault();
        endDialog.showModal();
    });
    document.getElementById("stay").addEventListener("click", (event) => {
        event.preventDefault();
        endDialog.close();
    });
    document.getElementById("end-form").addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = document.getElementById("end-confirm");
        button.disabled = true;
        tell(texts.ending, 0);
        try {
            const answer = await call("/session/end", { method: "POST", headers: { "Lectern-Form-Token": formToken } });
            if (answer.isGone || answer.status === 200) {
                isOver = true;
                leave((answer.body && answer.body.return_url) || room.dataset.returnUrl);
                return;
            }
            if (answer.status === 401) return enterAgain();
            tell(texts.endFailed);
        } catch {
            tell(texts.endFailed);
        }
        button.disabled = false;
    });

    /// To the page the learner came from, out of any frame around the room.
    function leave(url) {
        try { window.top.location.assign(url); } catch { location.assign(url); }
    }

    function over() {
        if (isOver) return;
        isOver = true;
        for (const terminal of terminals.values()) {
            terminal.setState("");
            if (terminal.socket) terminal.socket.close();
        }
        tell("", 1);
        if (endDialog.open) endDialog.close();
        time.hidden = true;
        extend.hidden = true;
        // Escape would leave a room in which nothing works any more.
        overDialog.addEventListener("cancel", (event) => event.preventDefault());
        overDialog.showModal();
    }
})();
