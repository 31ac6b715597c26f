internal import CAssets
internal import HTTP

/// The portal's own files, compiled into the program.
enum PortalAssets {
    static let files = StaticFiles(
        prefix: "/static/",
        (0..<lectern_asset_count).compactMap { index in
            guard let asset = lectern_asset_at(index)?.pointee, let name = asset.name, let bytes = asset.bytes else {
                return nil
            }
            return StaticFile(
                name: String(cString: name), permanent: UnsafePermanentBytes(start: bytes, count: asset.size))
        })
}
