internal import CLinux
internal import Glibc
internal import Platform

/// Finds the script of a check. Whatever name is asked for, nothing outside the tests folders is found: the kernel refuses
/// `..` and links that lead out.
enum CheckFile {
    enum Answer: Equatable {
        case found(String)
        case notExecutable
        case none
    }

    static let folder = "examiner/tests"

    /// - Parameter folders: of the workshop, in the order in which they are asked.
    static func find(_ name: String, in folders: [String]) -> Answer {
        guard CheckRequest.isName(name) else { return .none }
        var isThere = false
        for folder in folders {
            let path = folder + "/" + CheckFile.folder
            guard let tests = try? Descriptor.opened(path, O_RDONLY | O_DIRECTORY) else { continue }
            let number = lectern_open_beneath(tests.number, name)
            guard number >= 0 else { continue }
            let file = Descriptor(owning: number)
            var status = stat()
            guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            isThere = true
            let whole = path + "/" + name
            if access(whole, X_OK) == 0 { return .found(whole) }
        }
        return isThere ? .notExecutable : .none
    }
}
