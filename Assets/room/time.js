// The time that is left, and more of it.

import { call, enterAgain, onWake, post, wake } from "./connection.js";
import { onOver, over } from "./ending.js";
import { tell } from "./notice.js";
import { room, state, texts } from "./page.js";

const time = document.getElementById("time");
const clock = document.getElementById("clock");
const extend = document.getElementById("extend");
let deadline = null;
let extendable = false;
let warned = { five: false, one: false };
let lastCheck = 0;
let checking = false;

async function check() {
    if (checking || state.isOver) return;
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
    if (deadline === null || state.isOver) return;
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

async function extendTime() {
    extend.disabled = true;
    try {
        const answer = await post("/session/extend");
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
}

export function startTime() {
    extend.addEventListener("click", extendTime);
    onWake(check);
    onOver(() => {
        time.hidden = true;
        extend.hidden = true;
    });
    setInterval(tick, 500);
    setInterval(() => { if (room.dataset.hasExpiry === "yes") check(); }, 15000);
    check();
}
