// The elements of HTML (WHATWG HTML Standard, section 4) that our pages use. One that is missing is written with `element`
// or `voidElement`.

/// Any element with content, `name` being its tag: `element("hgroup", .class("head")) { ... }`.
public func element(
    _ name: StaticString, _ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }
) -> HTML {
    HTML.element(name, attributes, content())
}

/// Any element without content or end tag.
public func voidElement(_ name: StaticString, _ attributes: HTML.Attribute...) -> HTML {
    HTML.voidElement(name, attributes)
}

/// A script of our own origin: inline scripts are not built, because the Content-Security-Policy forbids them.
public func script(_ attributes: HTML.Attribute...) -> HTML { HTML.element("script", attributes, .empty) }

/// Data for scripts: `<script type="application/json">`. JSON is written so that it cannot end the element.
public func jsonScript(id: String, _ value: JSONValue) -> HTML {
    HTML.element("script", [.type("application/json"), .id(id)], HTML(bytes: value.encodedForHTML))
}

public func body(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("body", attributes, content())
}
public func header(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("header", attributes, content())
}
public func footer(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("footer", attributes, content())
}
public func main(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("main", attributes, content())
}
public func nav(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("nav", attributes, content())
}
public func section(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("section", attributes, content())
}
public func article(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("article", attributes, content())
}
public func aside(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("aside", attributes, content())
}
public func div(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("div", attributes, content())
}
public func p(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("p", attributes, content())
}
public func h1(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("h1", attributes, content())
}
public func h2(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("h2", attributes, content())
}
public func h3(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("h3", attributes, content())
}
public func h4(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("h4", attributes, content())
}
public func ul(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("ul", attributes, content())
}
public func ol(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("ol", attributes, content())
}
public func li(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("li", attributes, content())
}
public func dl(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("dl", attributes, content())
}
public func dt(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("dt", attributes, content())
}
public func dd(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("dd", attributes, content())
}
public func a(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("a", attributes, content())
}
public func span(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("span", attributes, content())
}
public func strong(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("strong", attributes, content())
}
public func em(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("em", attributes, content())
}
public func small(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("small", attributes, content())
}
public func code(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("code", attributes, content())
}
public func pre(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("pre", attributes, content())
}
public func kbd(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("kbd", attributes, content())
}
public func blockquote(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("blockquote", attributes, content())
}
public func figure(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("figure", attributes, content())
}
public func figcaption(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("figcaption", attributes, content())
}
public func form(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("form", attributes, content())
}
public func label(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("label", attributes, content())
}
public func button(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("button", attributes, content())
}
public func select(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("select", attributes, content())
}
public func option(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("option", attributes, content())
}
public func textarea(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("textarea", attributes, content())
}
public func fieldset(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("fieldset", attributes, content())
}
public func legend(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("legend", attributes, content())
}
public func table(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("table", attributes, content())
}
public func caption(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("caption", attributes, content())
}
public func thead(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("thead", attributes, content())
}
public func tbody(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("tbody", attributes, content())
}
public func tr(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("tr", attributes, content())
}
public func th(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("th", attributes, content())
}
public func td(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("td", attributes, content())
}
public func details(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("details", attributes, content())
}
public func summary(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("summary", attributes, content())
}
public func dialog(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("dialog", attributes, content())
}
public func template(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("template", attributes, content())
}
public func noscript(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("noscript", attributes, content())
}
public func time(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("time", attributes, content())
}
public func progress(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("progress", attributes, content())
}
public func meter(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("meter", attributes, content())
}
public func title(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("title", attributes, content())
}
public func output(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("output", attributes, content())
}
public func iframe(_ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }) -> HTML {
    HTML.element("iframe", attributes, content())
}

public func br(_ attributes: HTML.Attribute...) -> HTML { HTML.voidElement("br", attributes) }
public func hr(_ attributes: HTML.Attribute...) -> HTML { HTML.voidElement("hr", attributes) }
public func img(_ attributes: HTML.Attribute...) -> HTML { HTML.voidElement("img", attributes) }
public func input(_ attributes: HTML.Attribute...) -> HTML { HTML.voidElement("input", attributes) }
public func link(_ attributes: HTML.Attribute...) -> HTML { HTML.voidElement("link", attributes) }
public func meta(_ attributes: HTML.Attribute...) -> HTML { HTML.voidElement("meta", attributes) }
