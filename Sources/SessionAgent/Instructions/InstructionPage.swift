/// A page of instructions as its file tells it, not yet rendered.
struct InstructionPage: Equatable, Sendable {
    /// The path without `.md` or `/index.md`, for example `02-edit/files`; what its address says.
    let id: String
    /// The file, relative to the content folder.
    let file: String
    var title: String
    let weight: Int?
    /// What is to be passed before a learner may go on from here.
    let requirement: PageRequirement?
    /// Words on the button that leads on, where the workshop has its own.
    var exitSign: String?
    /// Written in AsciiDoc, which is not shown here.
    let isAsciiDoc: Bool

    /// The folder that relative links and images of the page start from; empty or ending in `/`.
    var folder: String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return String(file[...slash])
    }

    /// `nil` for a draft and for files that are no pages: those whose name begins with `_`.
    init?(file: String, _ bytes: [UInt8]) {
        let name = file.split(separator: "/").last ?? ""
        guard let dot = file.lastIndex(of: "."), !name.hasPrefix("_") else { return nil }
        let ending = file[dot...]
        guard ending == ".md" || ending == ".adoc" else { return nil }
        self.file = file
        let stem = String(file[..<dot])
        id = stem.hasSuffix("/index") ? String(stem.dropLast(6)) : stem
        isAsciiDoc = ending == ".adoc"
        guard !isAsciiDoc else {
            title = InstructionPage.spoken(id)
            weight = nil
            requirement = nil
            return
        }
        let split = FrontMatter.split(bytes)
        guard !split.matter.isDraft else { return nil }
        title = split.matter.title ?? InstructionPage.firstHeading(in: split.body) ?? InstructionPage.spoken(id)
        weight = split.matter.weight
        requirement = split.matter.requirement
    }

    init?(file: String, text: String) { self.init(file: file, Array(text.utf8)) }

    private static func firstHeading(in body: ArraySlice<UInt8>) -> String? {
        for line in body.prefix(8192).split(separator: 10, maxSplits: 50).prefix(50) where line.starts(with: [35, 32]) {
            let text = String(decoding: line.dropFirst(2), as: UTF8.self).filter { $0 != "`" && $0 != "*" }
            if !text.isEmpty { return text }
        }
        return nil
    }

    /// `03-first_steps` → `First steps`.
    private static func spoken(_ id: String) -> String {
        let name = id.split(separator: "/").last.map(String.init) ?? id
        let words = name.drop { $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." }
        let text = (words.isEmpty ? name[...] : words).map { $0 == "-" || $0 == "_" ? " " : $0 }
        return text.first.map { String($0).uppercased() + String(text.dropFirst()) } ?? name
    }

    /// By path; as soon as one page has a weight, by weight, then title, with pages without weight last
    /// (spec/dashboard.md section 5.3).
    static func ordered(_ pages: [InstructionPage]) -> [InstructionPage] {
        guard pages.contains(where: { $0.weight != nil }) else { return pages.sorted { $0.file < $1.file } }
        return pages.sorted { left, right in
            switch (left.weight, right.weight) {
            case (let a?, let b?) where a != b: a < b
            case (nil, .some): false
            case (.some, nil): true
            default: (left.title, left.file) < (right.title, right.file)
            }
        }
    }
}
