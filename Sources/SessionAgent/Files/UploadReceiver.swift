internal import HTTP
internal import Platform
internal import Synchronization

/// Takes uploaded files while they arrive (spec/dashboard.md section 8): `path` and one `file`, or `directory` and `files`.
/// They appear all together once the last of them is complete, or not at all.
final class UploadReceiver: HTTPBodyReceiver {
    /// What an upload may name.
    enum Form: Equatable {
        /// One file, to the place that the field `path` names.
        case file
        /// Files under their own names, into the folder that the field `directory` names.
        case files
    }

    /// Bytes of a field that is not a file.
    private static let fieldLimit = 4096

    private struct State {
        var reader: MultipartReader
        var field: (name: String, value: [UInt8])?
        var file: PendingFile?
        var fields: [String: String] = [:]
        var files: [(name: String, file: PendingFile)] = []
        var problem: EditProblem?
        var isMalformed = false
    }
    private let state: Mutex<State>
    private let form: Form
    private let home: HomeFolder
    /// Below the home; uploads stay below it.
    private let root: String
    private let session: String
    private let done: @Sendable () -> Void
    let maximumBytes: Int

    /// `nil` when the body is of another type.
    init?(
        _ form: Form, contentType: String, home: HomeFolder, root: String, session: String,
        done: @escaping @Sendable () -> Void
    ) {
        guard let reader = MultipartReader(contentType: contentType) else { return nil }
        state = Mutex(State(reader: reader))
        self.form = form
        self.home = home
        self.root = root
        self.session = session
        self.done = done
        let files = form == .file ? 1 : home.limits.uploads
        let total = home.limits.upload.multipliedReportingOverflow(by: files)
        // A little for what stands around the files.
        maximumBytes = (total.overflow ? Int.max / 2 : total.partialValue) + 256 * 1024
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { state in
            guard !state.isMalformed, state.problem == nil else { return }
            var reader = state.reader
            do {
                try reader.read(bytes) { event in
                    guard state.problem == nil else { return }
                    do throws(EditProblem) {
                        try take(event, &state)
                    } catch {
                        state.problem = error
                        state.files = []
                        state.file = nil
                    }
                }
            } catch {
                state.isMalformed = true
                state.files = []
                state.file = nil
            }
            state.reader = reader
        }
    }

    private func take(_ event: MultipartReader.Event, _ state: inout State) throws(EditProblem) {
        switch event {
        case .field(let name, let fileName):
            guard let fileName, name == (form == .file ? "file" : "files") else {
                state.field = (name, [])
                return
            }
            // A form without a chosen file has a field with an empty name.
            guard !fileName.isEmpty else { return }
            guard state.files.count < (form == .file ? 1 : home.limits.uploads) else {
                throw EditProblem(.fields, AgentText.tooManyUploads(home.limits.uploads))
            }
            let file = try home.newUpload(in: root)
            state.file = file
            state.files.append((UploadReceiver.lastPart(of: fileName), file))
        case .value(let bytes):
            if let file = state.file {
                guard file.size + bytes.count <= home.limits.upload else {
                    let name = state.files.last?.name ?? ""
                    throw EditProblem(.content, AgentText.tooLarge(.home(name), home.limits.upload))
                }
                try file.append(bytes)
            } else if state.field != nil {
                guard (state.field?.value.count ?? 0) + bytes.count <= UploadReceiver.fieldLimit else {
                    throw EditProblem(.fields, AgentText.notAPath)
                }
                state.field?.value += bytes
            }
        case .fieldEnd:
            if let field = state.field, state.fields.count < 10 {
                state.fields[field.name] = String(decoding: field.value, as: UTF8.self)
            }
            state.field = nil
            state.file = nil
        }
    }

    func finish() -> HTTPReply {
        let result = state.withLock { state -> Result<Void, EditProblem> in
            defer { state.files = [] }
            guard !state.isMalformed, state.reader.isComplete else {
                return .failure(EditProblem(.fields, AgentText.uploadIncomplete))
            }
            if let problem = state.problem { return .failure(problem) }
            do throws(EditProblem) {
                try place(state.files, state.fields)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success:
            done()
            return .now(UploadReceiver.response(200, "OK", session))
        case .failure(let problem):
            return .now(UploadReceiver.response(problem.kind == .fields ? 400 : 500, problem.text, session))
        }
    }

    private func place(_ files: [(name: String, file: PendingFile)], _ fields: [String: String]) throws(EditProblem) {
        let given = fields[form == .file ? "path" : "directory"]
        guard let given, !files.isEmpty, form == .files || !given.isEmpty else {
            throw EditProblem(.fields, AgentText.uploadIncomplete)
        }
        guard !given.hasPrefix("/") else { throw EditProblem(.refused, AgentText.outsideOfUploads) }
        var targets: [HomeFolder.Target] = []
        for (name, _) in files {
            let path = form == .file ? given : given + "/" + name
            guard form == .file || !(name.isEmpty || name == "." || name == "..") else {
                throw EditProblem(.fields, AgentText.notAPath)
            }
            let place = try home.place("~/" + root + "/" + path)
            guard case .home(let inside) = place, inside.hasPrefix(root.isEmpty ? "" : root + "/") else {
                throw EditProblem(.refused, AgentText.outsideOfUploads)
            }
            targets.append(try home.target(place))
        }
        for (target, file) in zip(targets, files) { try file.file.finish(at: target, replaces: true) }
    }

    /// Some browsers send a path.
    private static func lastPart(of name: String) -> String {
        name.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
    }

    /// `OK` or `FAILED` with a reason: text for whoever sends forms, and a reason in a field for our page.
    static func response(_ status: Int, _ text: String, _ session: String) -> HTTPResponse {
        var response = HTTPResponse(
            status: status,
            headers: [
                "Cache-Control": "no-store", "Lectern-Session": session, "X-Content-Type-Options": "nosniff",
            ], text: status == 200 ? "OK\n" : "FAILED\n")
        if status != 200 { response.headers["Lectern-Problem"] = PercentEncoding.encode(text) }
        return response
    }
}

extension HomeFolder {
    /// A file on its way into a folder, which is made where it is missing.
    func newUpload(in folder: String) throws(EditProblem) -> PendingFile {
        let place = FilePlace.home(folder)
        if !folder.isEmpty { try makeFolder(place) }
        return try PendingFile(in: try openedFolder(place), place: place, home: self)
    }
}
