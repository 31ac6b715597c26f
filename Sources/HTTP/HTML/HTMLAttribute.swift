extension HTML {
    /// An attribute of an element; its value is escaped when it is written.
    ///
    /// Names are literals, so that none can come from outside. Values of `href`, `src` and `action` that would run a
    /// script or leave the web (`javascript:` and every other scheme not listed in `safeURL`) become `#`.
    public struct Attribute: Sendable {
        var prefix: StaticString = ""
        let name: StaticString
        /// `nil` for a name alone.
        let value: String?
        var isPresent = true

        public init(_ name: StaticString, _ value: String) {
            self.name = name
            self.value = value
        }
        /// A name alone, such as `hidden`, where the condition holds.
        public init(_ name: StaticString, if condition: Bool = true) {
            self.name = name
            value = nil
            isPresent = condition
        }
        private init(prefix: StaticString, _ name: StaticString, _ value: String) {
            self.prefix = prefix
            self.name = name
            self.value = value
        }

        public static func `class`(_ value: String) -> Attribute { Attribute("class", value) }
        public static func id(_ value: String) -> Attribute { Attribute("id", value) }
        public static func lang(_ value: String) -> Attribute { Attribute("lang", value) }
        public static func role(_ value: String) -> Attribute { Attribute("role", value) }
        public static func title(_ value: String) -> Attribute { Attribute("title", value) }
        public static func data(_ name: StaticString, _ value: String) -> Attribute {
            Attribute(prefix: "data-", name, value)
        }
        public static func aria(_ name: StaticString, _ value: String) -> Attribute {
            Attribute(prefix: "aria-", name, value)
        }
        public static func hidden(if condition: Bool = true) -> Attribute { Attribute("hidden", if: condition) }

        public static func href(_ url: String) -> Attribute { Attribute("href", safeURL(url)) }
        public static func src(_ url: String) -> Attribute { Attribute("src", safeURL(url, allowsImageData: true)) }
        public static func action(_ url: String) -> Attribute { Attribute("action", safeURL(url)) }
        public static func rel(_ value: String) -> Attribute { Attribute("rel", value) }
        public static func target(_ value: String) -> Attribute { Attribute("target", value) }
        public static func alt(_ value: String) -> Attribute { Attribute("alt", value) }

        public static func method(_ value: String) -> Attribute { Attribute("method", value) }
        public static func type(_ value: String) -> Attribute { Attribute("type", value) }
        public static func name(_ value: String) -> Attribute { Attribute("name", value) }
        public static func value(_ value: String) -> Attribute { Attribute("value", value) }
        public static func `for`(_ id: String) -> Attribute { Attribute("for", id) }
        public static func placeholder(_ value: String) -> Attribute { Attribute("placeholder", value) }
        public static func autocomplete(_ value: String) -> Attribute { Attribute("autocomplete", value) }
        public static func content(_ value: String) -> Attribute { Attribute("content", value) }
        public static func datetime(_ value: String) -> Attribute { Attribute("datetime", value) }
        public static func required(if condition: Bool = true) -> Attribute { Attribute("required", if: condition) }
        public static func disabled(if condition: Bool = true) -> Attribute { Attribute("disabled", if: condition) }
        public static func checked(if condition: Bool = true) -> Attribute { Attribute("checked", if: condition) }
        public static func autofocus(if condition: Bool = true) -> Attribute { Attribute("autofocus", if: condition) }

        /// A URL whose scheme is http, https, mailto or tel, or that has none; otherwise `#`. Images may also be `data:`.
        static func safeURL(_ url: String, allowsImageData: Bool = false) -> String {
            // Browsers ignore controls and blanks around and tabs and line breaks inside a scheme (WHATWG URL, 4.4).
            var scheme = ""
            for byte in url.utf8 {
                switch byte {
                case 0...32: continue
                case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"): return url
                case UInt8(ascii: ":"):
                    scheme = scheme.lowercased()
                    if ["http", "https", "mailto", "tel"].contains(scheme) { return url }
                    if allowsImageData && scheme == "data" && url.lowercased().hasPrefix("data:image/") { return url }
                    return "#"
                default: scheme.unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
            return url
        }
    }
}
