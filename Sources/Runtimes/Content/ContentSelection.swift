internal import Portal

/// Which files of a source are taken (`includePaths`, `excludePaths`): pure.
///
/// A pattern is a path from the source's top, with or without a leading slash. `*` and `?` stand for anything within one
/// name, `**` as a whole name for any number of names, `{a,b}` for either. What lies below a folder that matches, matches.
struct ContentSelection: Equatable {
    private let includes: [[[UInt8]]]
    private let excludes: [[[UInt8]]]

    /// Alternatives of `{…}` that one pattern may unfold to.
    private static let mostAlternatives = 256

    init(_ source: ContentSource) {
        includes = source.includePaths.flatMap(Self.parts)
        excludes = source.excludePaths.flatMap(Self.parts)
    }

    /// Whether every file is taken.
    var takesAll: Bool { includes.isEmpty && excludes.isEmpty }

    /// - Parameter path: names from the top, the file's own last.
    func takes(_ path: [String]) -> Bool {
        let names = path.map { Array($0.utf8) }
        func isMatched(by pattern: [[UInt8]]) -> Bool {
            names.indices.contains { Self.matches(pattern[...], names[...$0]) }
        }
        return (includes.isEmpty || includes.contains(where: isMatched)) && !excludes.contains(where: isMatched)
    }

    private static func parts(of pattern: String) -> [[[UInt8]]] {
        unfolded(Array(pattern.utf8)).map { pattern in
            pattern.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }.map(Array.init)
        }
    }

    /// `{a,b}` written out, for the first pair of braces and then for those that are left.
    private static func unfolded(_ pattern: [UInt8]) -> [[UInt8]] {
        var open = [pattern]
        var done: [[UInt8]] = []
        while let next = open.popLast(), done.count + open.count < mostAlternatives {
            guard let start = next.firstIndex(of: UInt8(ascii: "{")),
                let end = next[start...].firstIndex(of: UInt8(ascii: "}"))
            else {
                done.append(next)
                continue
            }
            let choices = next[(start + 1)..<end].split(
                separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            for choice in choices { open.append(Array(next[..<start]) + choice + next[(end + 1)...]) }
        }
        return done
    }

    private static func matches(_ pattern: ArraySlice<[UInt8]>, _ names: ArraySlice<[UInt8]>) -> Bool {
        // Which tails of the names the pattern so far may be followed by: no way is walked twice.
        var reachable: Set<Int> = [names.startIndex]
        for part in pattern {
            var next: Set<Int> = []
            if part == Array("**".utf8) {
                if let first = reachable.min() { next = Set(first...names.endIndex) }
            } else {
                for at in reachable where at < names.endIndex && matchesName(part, names[at]) { next.insert(at + 1) }
            }
            reachable = next
        }
        return reachable.contains(names.endIndex)
    }

    private static func matchesName(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var at = 0
        var position = 0
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                star = (position, at)
                position += 1
            } else if position < pattern.count, pattern[position] == UInt8(ascii: "?") || pattern[position] == name[at]
            {
                position += 1
                at += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                position = last.pattern + 1
                at = last.name + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
