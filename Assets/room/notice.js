// What happened, for everybody: shown for a while and read aloud.

const notice = document.getElementById("notice");
let timer = 0;
let lastingTimer = 0;
let passing = "";
let lasting = "";

function show() { notice.textContent = [lasting, passing].filter(Boolean).join(" "); }

/// - milliseconds: how long it stays; 0 for until the next one.
export function tell(text, milliseconds = 6000) {
    clearTimeout(timer);
    passing = text;
    show();
    if (!milliseconds) return;
    timer = setTimeout(() => {
        passing = "";
        show();
    }, milliseconds);
}

/// Something that must not be missed: what else happens meanwhile stands behind it.
export function warn(text, milliseconds = 15000) {
    clearTimeout(lastingTimer);
    lasting = text;
    show();
    lastingTimer = setTimeout(() => {
        lasting = "";
        show();
    }, milliseconds);
}
