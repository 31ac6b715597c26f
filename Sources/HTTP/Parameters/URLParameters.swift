/// Names and values in order, as `application/x-www-form-urlencoded` writes them (WHATWG URL Standard, section 5): in the
/// query of a URL, or as the body of a form.
///
/// Any bytes are accepted: a broken `%` sequence stays as it is, what is not UTF-8 becomes U+FFFD.
public struct URLParameters: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var parameters: [Parameter] = []

    /// Parameters beyond this many are ignored.
    public static let limit = 1000

    public init() {}
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// Reads a query without its `?`.
    public init(query: String) {
        self.init(encoded: Array(query.utf8))
    }

    /// Reads a form's body.
    public init(encoded bytes: [UInt8]) {
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            guard parameters.count < URLParameters.limit else { return }
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = equals < pair.endIndex ? pair[(equals + 1)...] : pair[pair.endIndex...]
            parameters.append(
                Parameter(
                    name: PercentEncoding.decode(pair[..<equals], plusAsSpace: true),
                    value: PercentEncoding.decode(value, plusAsSpace: true)))
        }
    }

    /// The first value of a name.
    public subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// Every value of a name, in order.
    public func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }

    public mutating func add(_ name: String, _ value: String) { parameters.append(Parameter(name: name, value: value)) }

    /// Sets a name's only value, at the place of its first one, or removes it.
    public mutating func set(_ name: String, to value: String?) {
        guard let value else { return parameters.removeAll { $0.name == name } }
        guard let first = parameters.firstIndex(where: { $0.name == name }) else { return add(name, value) }
        parameters[first].value = value
        var place = 0
        parameters.removeAll { parameter in
            defer { place += 1 }
            return place > first && parameter.name == name
        }
    }

    public var isEmpty: Bool { parameters.isEmpty }

    /// `name=value&name=value`, safe in a URL and as a form's body.
    public var encoded: String {
        var bytes: [UInt8] = []
        for parameter in parameters {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
            PercentEncoding.append(parameter.name, to: &bytes, spaceAsPlus: true)
            bytes.append(UInt8(ascii: "="))
            PercentEncoding.append(parameter.value, to: &bytes, spaceAsPlus: true)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A query's parameters.
public typealias QueryParameters = URLParameters
/// A form's fields.
public typealias FormParameters = URLParameters

extension HTTPRequest {
    /// The parameters in the URL, read on each call: keep the result.
    public var queryParameters: QueryParameters { QueryParameters(query: query) }

    /// The fields of a form in the body; none when the body is of another type.
    public var formParameters: FormParameters {
        guard let type = headers["Content-Type"] else { return FormParameters() }
        let name = type.split(separator: ";", maxSplits: 1).first.map(String.init) ?? ""
        let isForm = name.lowercased().filter { $0 != " " && $0 != "\t" } == "application/x-www-form-urlencoded"
        return isForm ? FormParameters(encoded: body) : FormParameters()
    }
}
