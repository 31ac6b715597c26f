// Finding and replacing in the file that is shown, and going to a line.

import { texts } from "./page.js";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class FindBar {
    /// - element: where the bar stands, hidden at first.
    constructor(element, view) {
        this.element = element;
        this.view = view;
        this.marks = [];
        const field = (label, className) => {
            const input = document.createElement("input");
            input.type = "text";
            input.className = className;
            input.placeholder = label;
            input.setAttribute("aria-label", label);
            input.autocomplete = "off";
            input.spellcheck = false;
            return input;
        };
        const button = (name, action) => {
            const made = document.createElement("button");
            made.type = "button";
            made.className = "button compact";
            made.textContent = name;
            made.addEventListener("click", action);
            return made;
        };
        this.search = field(texts.findText, "find-text");
        this.replacement = field(texts.replaceBy, "find-replacement");
        const kind = document.createElement("label");
        kind.className = "find-kind";
        this.isExpression = document.createElement("input");
        this.isExpression.type = "checkbox";
        kind.append(this.isExpression, ` ${texts.asExpression}`);
        this.count = document.createElement("span");
        this.count.className = "find-count";
        this.count.setAttribute("role", "status");
        const close = button("×", () => this.close());
        close.setAttribute("aria-label", texts.closeFind);
        element.append(
            this.search, button(texts.findPrevious, () => this.go(-1)), button(texts.findNext, () => this.go(1)), this.count, kind,
            this.replacement, button(texts.replaceOne, () => this.replace()), button(texts.replaceAll, () => this.replaceAll()), close);
        for (const input of [this.search, this.isExpression]) input.addEventListener("input", () => this.look());
        element.addEventListener("keydown", (event) => {
            if (event.key === "Escape") this.close();
            else if (event.key === "Enter" && event.target === this.search) this.go(event.shiftKey ? -1 : 1);
            else if (event.key === "Enter" && event.target === this.replacement) this.replace();
            else return;
            event.preventDefault();
            event.stopPropagation();
        });
    }

    open() {
        this.element.hidden = false;
        const selected = this.view.getSelection();
        if (selected && !selected.includes("\n")) this.search.value = selected;
        this.search.focus();
        this.search.select();
        this.look();
    }

    close() {
        if (this.element.hidden) return;
        this.element.hidden = true;
        this.clear();
        this.view.focus();
    }

    clear() {
        for (const mark of this.marks) mark.clear();
        this.marks = [];
        this.count.textContent = "";
    }

    get pattern() {
        const text = this.search.value;
        if (!text) return null;
        if (!this.isExpression.checked) return { pattern: text, caseFold: text === text.toLowerCase() };
        try {
            return { pattern: new RegExp(text, "m"), caseFold: false };
        } catch {
            return null;
        }
    }

    cursor(from) {
        const wanted = this.pattern;
        return wanted && this.view.getSearchCursor(wanted.pattern, from, { caseFold: wanted.caseFold, multiline: true });
    }

    /// Every place, up to a thousand; an expression that matches nothing at all places is not followed.
    places() {
        const found = [];
        const cursor = this.cursor({ line: 0, ch: 0 });
        const limit = Date.now() + 300;
        while (cursor && found.length < 1000 && Date.now() < limit && cursor.findNext()) {
            const [from, to] = [cursor.from(), cursor.to()];
            if (from.line === to.line && from.ch === to.ch) break;
            found.push({ from, to });
        }
        return found;
    }

    look() {
        this.clear();
        const places = this.places();
        this.view.operation(() => {
            this.marks = places.map(({ from, to }) => this.view.markText(from, to, { className: "cm-found" }));
        });
        if (this.search.value) this.count.textContent = fill(texts.findCount, { count: places.length });
    }

    go(direction) {
        const places = this.places();
        if (places.length === 0) return this.look();
        const { indexOf, here } = { indexOf: (at) => this.view.indexFromPos(at), here: this.view.getCursor(direction > 0 ? "to" : "from") };
        const at = indexOf(here);
        const target = direction > 0
            ? places.find((place) => indexOf(place.from) >= at) || places[0]
            : [...places].reverse().find((place) => indexOf(place.to) <= at) || places[places.length - 1];
        this.view.setSelection(target.from, target.to);
        this.view.scrollIntoView(target, 80);
        this.count.textContent = fill(texts.findPlace, { number: places.indexOf(target) + 1, count: places.length });
    }

    replace() {
        const selected = { from: this.view.getCursor("from"), to: this.view.getCursor("to") };
        const cursor = this.cursor(selected.from);
        if (cursor && cursor.findNext() && same(cursor.from(), selected.from) && same(cursor.to(), selected.to)) {
            cursor.replace(this.replacement.value);
        }
        this.look();
        this.go(1);
    }

    replaceAll() {
        const places = this.places();
        this.view.operation(() => {
            for (const place of places.reverse()) this.view.replaceRange(this.replacement.value, place.from, place.to);
        });
        this.look();
        this.count.textContent = fill(texts.replacedCount, { count: places.length });
    }
}

const same = (left, right) => left.line === right.line && left.ch === right.ch;
