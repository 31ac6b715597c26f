// Forms of checks: a part of JSON Schema says which values there are, a part of what jsonform knows says how they look.
// Documentation/checks.md has the table.

import { texts } from "./page.js";

/// The form cannot be shown as it is written.
class BadForm extends Error {}

const kinds = { string: "text", number: "text", integer: "text", boolean: "checkbox" };
let count = 0;

function properties(schema) {
    if (!schema || typeof schema !== "object") throw new BadForm();
    const isObject = schema.type === "object" && schema.properties && typeof schema.properties === "object";
    const all = isObject ? schema.properties : schema;
    const required = isObject && Array.isArray(schema.required) ? schema.required : [];
    return new Map(Object.entries(all).map(([name, property]) => {
        if (!property || typeof property !== "object") throw new BadForm();
        const type = property.type || "string";
        if (!Object.hasOwn(kinds, type)) throw new BadForm();
        return [name, { ...property, type, required: property.required === true || required.includes(name) }];
    }));
}

/// What is shown, in order: fields with how they look, and the text of the button.
function layout(form, all) {
    const named = new Set();
    const items = [];
    let submit = texts.checkSend;
    const add = (name, look) => {
        const property = all.get(name);
        if (!property) throw new BadForm();
        if (named.has(name)) return;
        named.add(name);
        items.push({ name, property, look });
    };
    const rest = () => { for (const name of all.keys()) add(name, {}); };
    for (const item of Array.isArray(form) ? form : ["*"]) {
        if (item === "*") rest();
        else if (typeof item === "string") add(item, {});
        else if (item && typeof item === "object" && item.key) add(String(item.key), item);
        else if (item && item.type === "submit") submit = String(item.title || item.value || submit);
        else if (item && item.type === "help") items.push({ help: String(item.helpvalue || item.description || "") });
        else throw new BadForm();
    }
    if (!named.size) throw new BadForm();
    return { items, submit };
}

function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === true) element.setAttribute(name, "");
        else if (value !== undefined && value !== false && value !== null) element.setAttribute(name, String(value));
    }
    element.append(...children);
    return element;
}

/// The values to choose from, as [value, label].
function choices(property, look) {
    const labels = look.titleMap && typeof look.titleMap === "object" ? look.titleMap : {};
    const values = Array.isArray(property.enum) ? property.enum : Object.keys(labels);
    return values.map((value) => [String(value), String(Object.hasOwn(labels, value) ? labels[value] : value)]);
}

function field({ name, property, look }) {
    const id = `check-field-${++count}`;
    const title = String(look.title || property.title || name);
    const help = String(look.description || property.description || "");
    const hint = make("p", { id: `${id}-hint`, class: "soft small" }, help);
    const problem = make("p", { id: `${id}-problem`, class: "field-problem", hidden: true });
    const described = `${help ? hint.id + " " : ""}${problem.id}`;
    const shared = { name, "aria-describedby": described, "aria-required": property.required && property.type !== "boolean" ? "true" : undefined };
    const given = property.default;
    const options = choices(property, look);
    let inputs, element;

    if (property.type === "boolean") {
        inputs = [make("input", { ...shared, id, type: "checkbox", checked: given === true })];
        element = make("div", { class: "check-field" }, make("label", { class: "check-choice", for: id }, inputs[0], title));
    } else if (options.length && (look.type === "radios" || look.type === "radio")) {
        inputs = options.map(([value], index) => make("input", {
            name, id: `${id}-${index}`, type: "radio", value, checked: String(given) === value, "aria-describedby": described,
        }));
        // Radio buttons of one name in two forms are two groups.
        element = make("fieldset", { class: "check-field" }, make("legend", {}, title), ...options.map(([, label], index) =>
            make("label", { class: "check-choice", for: `${id}-${index}` }, inputs[index], label)));
    } else {
        let input;
        if (options.length) {
            input = make("select", { ...shared, id });
            if (given === undefined) input.append(make("option", { value: "" }, texts.fieldChoose));
            input.append(...options.map(([value, label]) => make("option", { value, selected: String(given) === value }, label)));
        } else if (look.type === "textarea") {
            input = make("textarea", { ...shared, id, rows: 4, placeholder: look.placeholder, spellcheck: "false" });
            input.value = given === undefined ? "" : String(given);
        } else {
            const isNumber = property.type !== "string";
            input = make("input", {
                ...shared, id, type: look.type === "password" || property.format === "password" ? "password" : "text",
                placeholder: look.placeholder, autocomplete: "off", spellcheck: "false",
                inputmode: isNumber ? (property.type === "integer" ? "numeric" : "decimal") : undefined,
                value: given === undefined ? undefined : given,
            });
        }
        inputs = [input];
        element = make("div", { class: "check-field" }, make("label", { for: id }, title), input);
    }
    if (help) element.append(hint);
    element.append(problem);
    return { name, property, inputs, problem, element, pattern: property.pattern ? expression(property.pattern) : null };
}

function expression(pattern) {
    try { return new RegExp(pattern, "u"); } catch { throw new BadForm(); }
}

/// A field's value, and what is wrong with it.
function read({ property, inputs, pattern }) {
    if (property.type === "boolean") return { value: inputs[0].checked };
    const chosen = inputs[0].type === "radio" ? inputs.find((input) => input.checked) : inputs[0];
    const text = chosen ? chosen.value : "";
    const say = (words, number) => ({ problem: words.replace("{n}", String(number)) });
    if (text.trim() === "") return property.required ? say(texts.fieldRequired) : {};
    if (property.type === "string") {
        const length = [...text].length;
        if (length < (property.minLength ?? 0)) return say(texts.fieldShort, property.minLength);
        if (length > (property.maxLength ?? Infinity)) return say(texts.fieldLong, property.maxLength);
        if (pattern && !pattern.test(text)) return say(property.patternMessage || texts.fieldPattern);
        return { value: text };
    }
    const number = Number(text.trim().replace(",", "."));
    if (!Number.isFinite(number)) return say(texts.fieldNumber);
    if (property.type === "integer" && !Number.isSafeInteger(number)) return say(texts.fieldInteger);
    if (number < (property.minimum ?? -Infinity)) return say(texts.fieldLeast, property.minimum);
    if (number > (property.maximum ?? Infinity)) return say(texts.fieldMost, property.maximum);
    return { value: number };
}

function show({ inputs, problem }, text) {
    problem.textContent = text;
    problem.hidden = !text;
    for (const input of inputs) {
        if (text) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
    }
}

/// The form of a check as an element, and `values()`: what was filled in, or null when something is wrong, which is then
/// said beside each field. Null when it cannot be shown.
export function checkForm(inputs, onSubmit) {
    let fields, parts, submit;
    try {
        const shown = layout(inputs.form, properties(inputs.schema));
        submit = shown.submit;
        fields = [];
        parts = shown.items.map((item) => {
            if (item.help !== undefined) return make("p", { class: "soft" }, item.help);
            const made = field(item);
            fields.push(made);
            return made.element;
        });
    } catch (problem) {
        if (problem instanceof BadForm) return null;
        throw problem;
    }
    const form = make("form", { class: "check-form", novalidate: true }, ...parts,
        make("p", {}, make("button", { type: "submit", class: "button primary" }, submit)));
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        onSubmit();
    });
    function values() {
        const found = [];
        let first = null;
        for (const each of fields) {
            const { value, problem } = read(each);
            show(each, problem || "");
            if (problem && !first) first = each.inputs[0];
            if (value !== undefined) found.push([each.name, value]);
        }
        if (!first) return Object.fromEntries(found);
        first.focus();
        return null;
    }
    return { element: form, values };
}
