internal import Glibc
internal import HTTP
internal import Platform

/// The scenarios below a folder, in the order of the course.
enum KillercodaCourse {
    /// - Returns: folders with an `index.json`: the given one, those that its `structure.json` names, or those right
    ///   below it.
    /// - Throws: `StartFailure` when there is none.
    static func scenarios(in folder: String) throws -> [String] {
        if access(folder + "/structure.json", R_OK) == 0 {
            guard let root = JSONValue(parsing: try textOfFile(folder + "/structure.json")) else {
                throw StartFailure("\(folder)/structure.json is not JSON")
            }
            let folders = paths(root["items"], below: folder, depth: 0)
            if !folders.isEmpty { return folders }
        }
        if access(folder + "/index.json", R_OK) == 0 { return [folder] }
        let folders = subfolders(of: folder).filter { access($0 + "/index.json", R_OK) == 0 }
        guard !folders.isEmpty else {
            throw StartFailure("\(folder): there is no index.json, neither here nor in a folder below")
        }
        return folders
    }

    private static func paths(_ items: JSONValue?, below folder: String, depth: Int) -> [String] {
        guard depth < 4 else { return [] }
        var found: [String] = []
        for item in items?.array ?? [] {
            guard let path = item["path"]?.string, !path.split(separator: "/").contains("..") else { continue }
            let place = folder + "/" + path
            if access(place + "/index.json", R_OK) == 0 { found.append(place) }
            found += paths(item["items"], below: place, depth: depth + 1)
        }
        return found
    }

    private static func subfolders(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { "\(folder)/\($0)" }
    }
}
