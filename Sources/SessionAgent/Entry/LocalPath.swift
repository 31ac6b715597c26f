/// Where to go after entering: a path of this host, never another one.
enum LocalPath {
    /// The target as given when it is a path of this host; `fallback` for anything else, such as `//host`, `/\host` or one
    /// with control bytes, which browsers take for another host.
    static func checked(_ target: String?, otherwise fallback: String = "/dashboard/") -> String {
        guard let target, target.utf8.count <= 1024, target.hasPrefix("/"), !target.hasPrefix("//"),
            !target.utf8.contains(UInt8(ascii: "\\")), target.utf8.allSatisfy({ $0 > 32 && $0 < 127 }),
            !target.hasPrefix("/oauth_callback")
        else { return fallback }
        return target
    }
}
