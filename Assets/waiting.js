// The page of a server that does not listen yet: asks until it does, then shows it.
"use strict";

{
    document.documentElement.classList.replace("no-script", "script");
    const question = "/.lectern/listening?path=" + encodeURIComponent(location.pathname + location.search);
    let failures = 0;
    const ask = async () => {
        try {
            const answer = await fetch(question, { cache: "no-store", redirect: "manual" });
            // Whoever has to enter again does so by loading the page.
            if (answer.status === 200 || answer.status === 401 || answer.type === "opaqueredirect") {
                return location.reload();
            }
            failures = answer.status === 503 ? 0 : failures + 1;
        } catch {
            failures += 1;
        }
        setTimeout(ask, document.hidden ? 5000 : Math.min(1000 * (1 + failures), 10000));
    };
    setTimeout(ask, 300);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); }, { once: true });
}
