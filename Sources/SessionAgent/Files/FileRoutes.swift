internal import Glibc
internal import HTTP
internal import Platform

/// Files that leave the lab as they are, and files that come into it: `/files/` and `/upload/` (spec/dashboard.md sections 2
/// and 8).
struct FileRoutes: Sendable {
    let home: HomeFolder
    let session: String
    /// What `/files/` shows and where uploads go, below the home; `nil` where the workshop has none.
    let filesFolder: String?
    let uploadsFolder: String?

    init(manifest: SessionManifest, home: HomeFolder) {
        self.home = home
        session = manifest.session
        filesFolder = manifest.applications.filesFolder.flatMap { FileRoutes.inside($0, home) }
        uploadsFolder = manifest.applications.uploadsFolder.flatMap { FileRoutes.inside($0, home) }
    }

    /// A folder that would lead out of the home is none.
    private static func inside(_ folder: String, _ home: HomeFolder) -> String? {
        guard !folder.isEmpty else { return "" }
        guard let place = try? home.place(folder), case .home(let path) = place else { return nil }
        return path
    }

    /// A file below the folder of `/files/`; `nil` when there is none to be had.
    func download(_ path: String, _ request: HTTPRequest) -> HTTPResponse? {
        guard let filesFolder, !path.isEmpty,
            let place = try? home.place("~/" + filesFolder + "/" + PercentEncoding.decode(path)),
            case .home(let inside) = place, inside.hasPrefix(filesFolder.isEmpty ? "" : filesFolder + "/")
        else { return nil }
        return FileRoutes.response(place, home, request, session, isAttachment: false)
    }

    static func response(
        _ place: FilePlace, _ home: HomeFolder, _ request: HTTPRequest, _ session: String, isAttachment: Bool
    ) -> HTTPResponse? {
        guard let (file, status) = try? home.openedFile(place) else { return nil }
        let tag = "\"\(status.stamp)\""
        let name = place.text.split(separator: "/").last.map(String.init) ?? "file"
        // A learner's page or picture must not run as a page of this host.
        var headers: HTTPHeaders = [
            "ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
            "Lectern-Session": session,
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox",
        ]
        if isAttachment {
            // RFC 6266, section 4.1, with the encoding of RFC 8187.
            headers["Content-Disposition"] = "attachment; filename*=UTF-8''\(PercentEncoding.encode(name))"
        }
        if request.headers["If-None-Match"] == tag { return HTTPResponse(status: 304, headers: headers) }
        headers["Content-Type"] = StaticFile.contentType(of: name)
        let copy = dup(file.number)
        guard copy >= 0 else { return nil }
        return HTTPResponse(headers: headers, body: .file(HTTPFileBody(owning: copy, size: status.size)))
    }

    /// Whoever takes an upload; `nil` where there is none to be taken.
    func receiver(for path: String, contentType: String, done: @escaping @Sendable () -> Void) -> UploadReceiver? {
        guard let uploadsFolder else { return nil }
        let form: UploadReceiver.Form
        switch path {
        case "/upload/file": form = .file
        case "/upload/files": form = .files
        default: return nil
        }
        return UploadReceiver(
            form, contentType: contentType, home: home, root: uploadsFolder, session: session, done: done)
    }
}
