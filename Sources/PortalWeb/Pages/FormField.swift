internal import HTTP

/// A labelled field of a form with its hint, and what was wrong with it.
struct FormField {
    let name: String
    let label: String
    var type = "text"
    var value = ""
    var hint = ""
    /// `nil` when nothing was wrong.
    var mistake: String?
    /// What password managers go by (WHATWG HTML Standard, section 4.10.18.7).
    var autocomplete: String
    /// Whether the reader begins here.
    var isFirst = false

    // Beside `html`, because the field's own `label` hides the element of that name there.
    private var caption: HTML { HTTP.label(.for(name)) { label } }

    var html: HTML {
        let descriptions = [mistake == nil ? nil : "\(name)-mistake", hint.isEmpty ? nil : "\(name)-hint"]
        return div(.class("field")) {
            caption
            input(
                .id(name), .name(name), .type(type), .value(value), .required(), .autocomplete(autocomplete),
                HTML.Attribute("maxlength", "1000"), HTML.Attribute("autocapitalize", "none"),
                HTML.Attribute("spellcheck", "false"), .autofocus(if: isFirst),
                .aria("describedby", descriptions.compactMap(\.self).joined(separator: " ")),
                .aria("invalid", mistake == nil ? "false" : "true"))
            if let mistake { p(.id("\(name)-mistake"), .class("mistake")) { mistake } }
            if !hint.isEmpty { p(.id("\(name)-hint"), .class("hint")) { hint } }
        }
    }
}
