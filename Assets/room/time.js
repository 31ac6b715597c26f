// The time that is left, and more of it.
//
// The moment of the end is kept on the computer's own clock, which goes on while it sleeps; the portal is asked often enough
// that a clock that was set anew is right again within seconds.

import { call, enterAgain, onWake, post, wake } from "./connection.js";
import { onOver, over } from "./ending.js";
import { tell, warn } from "./notice.js";
import { room, state, texts } from "./page.js";

const time = document.getElementById("time");
const clock = document.getElementById("clock");
const extend = document.getElementById("extend");
const rules = { amber: 300, red: 60, warnings: [300, 60], ...JSON.parse(room.dataset.countdown || "{}") };
let deadline = null;
let extendable = false;
/// Seconds before the end of the last warning that was given.
let warnedAt = Infinity;
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
    // More time: what was said of its end will be true again later.
    if (before === null || deadline - before > 30000) warnedAt = Infinity;
    extend.hidden = !extendable;
    time.classList.toggle("longer", extendable);
    tick();
}

export function timeText(left) {
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60, seconds = left % 60;
    const two = (value) => String(value).padStart(2, "0");
    return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
}

let lastTick = Date.now();
function tick() {
    const now = Date.now();
    // A leap means that the machine slept, or that its clock was set: what we know is old.
    if (now - lastTick > 5000 || now < lastTick - 1000) wake();
    lastTick = now;
    if (deadline === null || state.isOver) return;
    const left = Math.max(0, Math.round((deadline - now) / 1000));
    time.hidden = false;
    const text = timeText(left);
    if (clock.textContent !== text) clock.textContent = text;
    time.classList.toggle("now", left <= rules.red && rules.red > 0);
    time.classList.toggle("soon", left <= rules.amber && left > rules.red);
    // After sleep several may be due: the last one says it all.
    const due = rules.warnings.filter((at) => left <= at && at < warnedAt).pop();
    if (due !== undefined) {
        warnedAt = due;
        if (left > 0) warnOf(left);
    }
    if (left === 0 && now - lastCheck > 2000) check();
}

function warnOf(left) {
    const [unit, many] = left >= 7200 ? [3600, texts.hoursLeft] : left >= 55 ? [60, texts.minutesLeft] : [1, texts.secondsLeft];
    const count = Math.round(left / unit);
    const text = unit === 60 && count === 1 ? texts.minuteLeft : many.replace("{n}", String(count));
    warn(extendable ? `${text} ${texts.canExtend}` : text);
    // Whoever looks at another tab sees it in this one's name.
    if (document.hidden) document.title = `${text} – ${room.dataset.title}`;
}

let title = "";

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
    time.addEventListener("click", () => { if (extendable && !extend.disabled) extendTime(); });
    onWake(check);
    onOver(() => {
        time.hidden = true;
        extend.hidden = true;
        if (document.hidden) document.title = `${texts.timeEnded} – ${room.dataset.title}`;
    });
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) title = document.title;
        else if (title) document.title = title;
    });
    setInterval(tick, 500);
    setInterval(() => { if (room.dataset.hasExpiry === "yes") check(); }, 15000);
    check();
}
