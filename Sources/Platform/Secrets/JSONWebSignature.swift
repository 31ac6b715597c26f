internal import CJose

/// A signed text of another party (RFC 7515, compact form), taken apart but not believed yet. libjose checks the signature.
public struct JSONWebSignature: Sendable {
    /// The header as JSON.
    public let header: [UInt8]
    /// What was signed. Worth nothing before `verify` has said that it is genuine.
    public let payload: [UInt8]
    private let parts: [String]

    /// Bytes of a text at most.
    public static let longest = 32 << 10

    /// `nil` for what does not have three parts of base64url.
    public init?(compact text: String) {
        guard text.utf8.count <= JSONWebSignature.longest else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[2].isEmpty, let header = Base64.decodeURL(parts[0]), !header.isEmpty,
            let payload = Base64.decodeURL(parts[1]), Base64.decodeURL(parts[2]) != nil
        else { return nil }
        self.parts = parts
        self.header = header
        self.payload = payload
    }

    /// Whether it was signed with a key. Which algorithms are acceptable is for the caller to decide by the header before.
    /// - Parameter key: a JWK (RFC 7517) as JSON.
    /// - Throws: `JSONWebSignatureFailure` when the key cannot be read or the library is missing.
    public func verify(with key: String) throws(JSONWebSignatureFailure) -> Bool {
        if let failure = lectern_jose_load() { throw JSONWebSignatureFailure(description: String(cString: failure)) }
        // All three are base64url, so nothing needs to be escaped.
        let message = "{\"protected\":\"\(parts[0])\",\"payload\":\"\(parts[1])\",\"signature\":\"\(parts[2])\"}"
        switch Int(lectern_jose_verify(message, key)) {
        case LECTERN_JOSE_GENUINE: return true
        case LECTERN_JOSE_WRONG: return false
        default: throw JSONWebSignatureFailure(description: "the key or the signed text is not JSON")
        }
    }
}

public struct JSONWebSignatureFailure: Error, CustomStringConvertible {
    public let description: String
}
