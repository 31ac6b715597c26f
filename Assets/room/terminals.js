// Terminals over WebSocket: output by position in its stream, so that nothing is lost or shown twice.

import { copy } from "./clipboard.js";
import { enterAgain, onWake, poll } from "./connection.js";
import { onOver } from "./ending.js";
import { moveOn } from "./halves.js";
import { tell } from "./notice.js";
import { state, texts } from "./page.js";
import { addTab, whenShown } from "./work-area.js";

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

/// One terminal of the page: xterm.js over a WebSocket that comes back by itself.
export class RoomTerminal {
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
        if (state.isOver || this.isDisposed) return;
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
        if (state.isOver || this.isDisposed) return;
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
        if (state.isOver || this.isDisposed || this.socket) return;
        if (answer.status === 204) return this.connect();
        if (answer.status === 401) enterAgain();
        this.reconnect();
    }

    /// The browser is online or awake again: no reason to wait any longer.
    hurry() {
        if (this.socket) {
            this.ping();
        } else if (!state.isOver) {
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

    /// The page shows it no longer; the shell goes on.
    dispose() {
        this.isDisposed = true;
        clearTimeout(this.retry);
        if (this.socket) this.socket.close();
        terminals.delete(this.id);
        this.view.dispose();
    }
}

function number(data, at) { return data.getUint32(at) * 2 ** 32 + data.getUint32(at + 4); }
function hexadecimal(data, at) {
    return data.getUint32(at).toString(16) + data.getUint32(at + 4).toString(16).padStart(8, "0");
}

/// By id; those that have been shown at least once.
export const terminals = new Map();
const isName = (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(text);

/// Starts what an element holds and has not been started: a terminal needs a place that is in sight to know its size.
function startWithin(element) {
    if (typeof window.Terminal !== "function") return;
    for (const pane of element.querySelectorAll(".terminal-pane")) {
        if (pane.isStarted) continue;
        pane.isStarted = true;
        const terminal = new RoomTerminal(pane);
        if (!terminals.has(terminal.id)) terminals.set(terminal.id, terminal);
    }
}

function pane(id) {
    const element = document.createElement("section");
    element.className = "terminal-pane";
    element.dataset.terminal = id;
    element.setAttribute("aria-label", texts.terminalNamed.replace("{id}", id));
    const status = document.createElement("p");
    status.className = "terminal-state";
    status.setAttribute("role", "status");
    status.hidden = true;
    const screen = document.createElement("div");
    screen.className = "terminal-screen";
    element.append(status, screen);
    return element;
}

/// Makes a tab with a terminal. Throws an Error for a name that no terminal can have.
export function addTerminalTab(id, { name = texts.terminalNamed.replace("{id}", id), onClose } = {}) {
    if (!isName(id)) throw new Error(`no name for a terminal: ${id}`);
    const element = pane(id);
    const tab = addTab({
        name, element, canClose: true, onShow: (panel, isFirst) => { if (isFirst) startWithin(panel); },
        onClose: () => {
            const terminal = terminals.get(id);
            if (terminal && terminal.element === element) terminal.dispose();
            if (onClose) onClose();
        },
    });
    tab.panel.classList.add("terminals-1");
    return tab;
}

export function startTerminals() {
    for (const panel of document.querySelectorAll(".work-panel[data-kind=terminals]")) {
        whenShown(panel.dataset.tab, (shown, isFirst) => { if (isFirst) startWithin(shown); });
    }
    const lower = document.getElementById("work-lower");
    if (lower) startWithin(lower);
    setInterval(() => { for (const terminal of terminals.values()) terminal.ping(); }, 15000);
    onWake(() => { for (const terminal of terminals.values()) terminal.hurry(); });
    onOver(() => {
        for (const terminal of terminals.values()) {
            terminal.setState("");
            if (terminal.socket) terminal.socket.close();
        }
    });
    const screenReader = document.getElementById("screen-reader");
    if (!screenReader) return;
    screenReader.addEventListener("click", () => {
        for (const terminal of terminals.values()) terminal.view.setOption("screenReaderMode", true);
        const first = terminals.values().next().value;
        if (first) first.focus();
        tell(texts.screenReaderOn);
    });
}
