internal import HTTP
internal import Platform

/// What the editor's tab asks for, under `/editor/`. Reading is GET; what changes something is POST from our own page. A
/// problem is answered as JSON with a text for the learner.
struct EditorRoutes: Sendable {
    let home: HomeFolder
    let actions: EditorActions
    let session: String
    /// Files and folders whose changes one window may ask for.
    private static let watched = 200

    init(manifest: SessionManifest, home: HomeFolder) {
        self.home = home
        actions = EditorActions(home: home)
        session = manifest.session
    }

    /// - Parameter name: what follows `/editor/`.
    /// - Returns: `nil` when there is nothing of that name.
    func read(_ name: String, _ request: HTTPRequest) -> HTTPResponse? {
        let query = request.queryParameters
        do throws(EditProblem) {
            switch name {
            case "file": return file(try home.place(query["path"] ?? ""), request)
            case "list": return try list(try home.place(query["path"] ?? "~"))
            case "download":
                let place = try home.place(query["path"] ?? "")
                return FileRoutes.response(place, home, request, session, isAttachment: true)
                    ?? problem(EditProblem(.file, AgentText.noSuchFile(place)))
            default: return nil
            }
        } catch {
            return problem(error)
        }
    }

    func change(_ name: String, _ request: HTTPRequest) -> HTTPResponse? {
        do throws(EditProblem) {
            switch name {
            case "save": return try save(request)
            case "changes": return try changes(body(request))
            case "action": return try perform(body(request))
            case "change": return try changeFiles(body(request))
            // An upload that somebody takes does not get here.
            case "upload": return UploadReceiver.response(400, AgentText.uploadIncomplete, session)
            default: return nil
            }
        } catch {
            return problem(error)
        }
    }

    private func body(_ request: HTTPRequest) throws(EditProblem) -> JSONValue {
        guard let value = JSONValue(parsing: request.body), case .object = value else {
            throw EditProblem(.fields, AgentText.requestNotUnderstood)
        }
        return value
    }

    // MARK: Files

    /// The text as it is, and what is to be known of it in header fields.
    private func file(_ place: FilePlace, _ request: HTTPRequest) -> HTTPResponse {
        do throws(EditProblem) {
            let text = try home.text(place)
            return HTTPResponse(
                headers: [
                    "Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "attachment",
                    "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Lectern-Session": session,
                    "Lectern-Path": PercentEncoding.encode(place.text), "Lectern-Version": text.version,
                    "Lectern-Stamp": text.stamp, "Lectern-Writable": text.isWritable ? "yes" : "no",
                ], body: .bytes(text.bytes))
        } catch {
            return problem(error)
        }
    }

    private func list(_ place: FilePlace) throws(EditProblem) -> HTTPResponse {
        let stamp = home.status(place)?.stamp ?? ""
        let (entries, isComplete) = try home.entries(place)
        return json(
            200,
            [
                "path": .string(place.text), "stamp": .string(stamp), "isComplete": .bool(isComplete),
                "entries": .array(
                    entries.map { entry in
                        [
                            "name": .string(entry.name), "kind": .string(entry.kind.rawValue),
                            "size": .int(entry.size), "isLink": .bool(entry.isLink),
                        ]
                    }),
            ])
    }

    /// `?path=&version=`: the text that is to be there, over the version that the editor knows; empty for a new file, `*` for
    /// whatever is there now.
    private func save(_ request: HTTPRequest) throws(EditProblem) -> HTTPResponse {
        let query = request.queryParameters
        let place = try home.place(query["path"] ?? "")
        guard String(validating: request.body, as: UTF8.self) != nil, !request.body.contains(0) else {
            throw EditProblem(.content, AgentText.isBinary(place))
        }
        let expecting: HomeFolder.Expectation =
            switch query["version"] ?? "" {
            case "*": .anything
            case "": .nothingThere
            case let version: .version(version)
            }
        do throws(EditProblem) {
            let version = try home.write(request.body, to: place, expecting: expecting)
            let stamp = home.status(place)?.stamp ?? ""
            return json(200, ["path": .string(place.text), "version": .string(version), "stamp": .string(stamp)])
        } catch {
            guard error.kind == .changed else { throw error }
            // The learner chooses between this and their own.
            guard let now = try? home.text(place) else {
                return json(409, ["problem": .string(error.text), "isGone": .bool(home.status(place) == nil)])
            }
            return json(
                409,
                [
                    "problem": .string(error.text), "isGone": false, "version": .string(now.version),
                    "stamp": .string(now.stamp), "text": .string(String(decoding: now.bytes, as: UTF8.self)),
                ])
        }
    }

    /// Which of some files and folders are no longer as their stamps say.
    private func changes(_ body: JSONValue) throws(EditProblem) -> HTTPResponse {
        guard case .object(let known) = body["paths"] ?? .object([]), known.count <= EditorRoutes.watched else {
            throw EditProblem(.fields, AgentText.requestNotUnderstood)
        }
        var changed: [JSONValue.Member] = []
        for member in known {
            let stamp = home.status(try home.place(member.name.isEmpty ? "~" : member.name))?.stamp
            if stamp != member.value.string {
                changed.append(JSONValue.Member(member.name, stamp.map { .string($0) } ?? .null))
            }
        }
        return json(200, ["changed": .object(changed)])
    }

    /// What the tree of files does: `{do, path, to}`.
    private func changeFiles(_ body: JSONValue) throws(EditProblem) -> HTTPResponse {
        let place = try home.place(body["path"]?.string ?? "")
        switch body["do"]?.string {
        case "newFile": try home.write([], to: place, expecting: .nothingThere)
        case "newFolder": try home.makeFolder(place, mustBeNew: true)
        case "rename": try home.rename(place, to: try home.place(body["to"]?.string ?? ""), replaces: false)
        case "copy": try home.copy(place, to: try home.place(body["to"]?.string ?? ""), replaces: false)
        case "delete": try home.delete(place, withContent: true)
        default: throw EditProblem(.fields, AgentText.requestNotUnderstood)
        }
        return json(200, ["path": .string(place.text)])
    }

    /// Takes files into a folder of the home.
    func receiver(contentType: String, done: @escaping @Sendable () -> Void) -> UploadReceiver? {
        UploadReceiver(.files, contentType: contentType, home: home, root: "", session: session, done: done)
    }

    // MARK: Actions

    /// `{action, fields, selection}`
    private func perform(_ body: JSONValue) throws(EditProblem) -> HTTPResponse {
        guard let name = body["action"]?.string else { throw EditProblem(.fields, AgentText.requestNotUnderstood) }
        let selection = EditorRoutes.selection(body["selection"])
        return json(200, try actions.perform(name, fields: body["fields"] ?? .object([]), selection: selection).json)
    }

    private static func selection(_ value: JSONValue?) -> Range<TextPosition>? {
        func position(_ value: JSONValue?) -> TextPosition? {
            guard let line = value?["line"]?.int, let column = value?["ch"]?.int, line >= 0, column >= 0 else {
                return nil
            }
            return TextPosition(line: line, column: column)
        }
        guard let from = position(value?["from"]), let to = position(value?["to"]), from <= to else { return nil }
        return from..<to
    }

    // MARK: Answers

    private func problem(_ problem: EditProblem) -> HTTPResponse {
        let status =
            switch problem.kind {
            case .fields: 400
            case .file: 404
            case .content, .notFound, .notAvailable: 422
            case .refused: 403
            case .changed: 409
            }
        return json(status, ["problem": .string(problem.text), "kind": .string(problem.kind.rawValue)])
    }

    /// The session's name in a header tells the script that the agent answered, and not the portal in its place.
    private func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                "Cache-Control": "no-store", "Lectern-Session": session, "X-Content-Type-Options": "nosniff",
            ], json: value)
    }
}
