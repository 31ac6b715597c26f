// What happened, for everybody: shown for a while and read aloud.

const notice = document.getElementById("notice");
let timer = 0;

/// - milliseconds: how long it stays; 0 for until the next one.
export function tell(text, milliseconds = 6000) {
    clearTimeout(timer);
    notice.textContent = text;
    if (milliseconds) timer = setTimeout(() => { notice.textContent = ""; }, milliseconds);
}
