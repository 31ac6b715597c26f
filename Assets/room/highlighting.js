// Colours for code. The library is only asked for by a page that has code in a language that it knows.

import { room } from "./page.js";

// Names that authors use, beside those that the library has itself.
const plain = new Set(["", "text", "txt", "plain", "plaintext", "none", "output", "console"]);
let library = null;

function load() {
    library ||= new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = room.dataset.highlighter;
        script.onload = () => (window.lecternHighlighter ? resolve(window.lecternHighlighter) : reject(new Error("no highlighter")));
        script.onerror = () => reject(new Error("no highlighter"));
        document.head.append(script);
    });
    return library;
}

// More than this is not worth the time that it takes.
const LIMIT = 100_000;

async function colour(article) {
    const blocks = [...article.querySelectorAll("pre code[class*='language-']")].filter((code) => {
        const language = languageOf(code);
        return !plain.has(language) && code.childElementCount === 0 && code.textContent.length <= LIMIT;
    });
    if (blocks.length === 0 || !room.dataset.highlighter) return;
    try {
        const highlighter = await load();
        for (const code of blocks) highlighter(code, languageOf(code));
    } catch {
        // Code without colours is still code; the next page may ask again.
        library = null;
    }
}

function languageOf(code) {
    const name = [...code.classList].find((word) => word.startsWith("language-"));
    return name ? name.slice("language-".length).toLowerCase() : "";
}

export function startHighlighting(onPage) { onPage(colour); }
