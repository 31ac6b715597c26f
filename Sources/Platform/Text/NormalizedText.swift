internal import CUtf8Proc
internal import Glibc

/// Unicode's forms of a text (UAX #15), so that what looks alike compares alike.
public enum NormalizedText {
    /// NFKC: composed, with compatible variants such as full-width letters replaced. `nil` for a text that holds code
    /// points which are not assigned, or has more than 64 KiB.
    public static func compatible(_ text: String) -> String? { map(text, foldsCase: false) }

    /// NFKC with the case folded and invisible code points dropped: for comparing names. `nil` as above.
    public static func folded(_ text: String) -> String? { map(text, foldsCase: true) }

    private static func map(_ text: String, foldsCase: Bool) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 64 << 10 else { return nil }
        var result: UnsafeMutablePointer<UInt8>?
        let size = lectern_normalize(bytes, bytes.count, &result, foldsCase ? 1 : 0)
        guard size >= 0, let result else { return nil }
        defer { free(result) }
        return String(decoding: UnsafeBufferPointer(start: result, count: size), as: UTF8.self)
    }
}
