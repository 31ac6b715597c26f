/// Which pages of the instructions a learner may open, by what they have passed. Staff, and authors who preview, may open
/// all.
struct PageGate: Sendable {
    let library: InstructionLibrary
    let passed: PassedChecks
    /// Whether checks can be run at all; where not, nothing waits for one.
    let hasExaminer: Bool

    /// How the pages stand for one visitor.
    struct View: Sendable, Equatable {
        /// Pages that cannot be opened yet, by id.
        var locked: Set<String> = []
        /// Pages whose "next" waits for a check, by id.
        var waiting: Set<String> = []

        static let open = View()
    }

    func view(seesAll: Bool) -> View {
        let pages = library.pages()
        guard !seesAll, hasExaminer, pages.contains(where: { $0.requirement != nil }) else { return .open }
        var view = View()
        var isLocked = false
        for page in pages {
            if isLocked { view.locked.insert(page.id) }
            guard let requirement = page.requirement,
                !requirement.isMet(by: passed, onPage: library.checks(on: page.id))
            else { continue }
            view.waiting.insert(page.id)
            if !requirement.isSkippable { isLocked = true }
        }
        return view
    }

    /// The page whose check keeps another one closed.
    func obstacle(to id: String, in view: View) -> InstructionPage? {
        guard view.locked.contains(id) else { return nil }
        return library.pages().first { page in
            view.waiting.contains(page.id) && page.requirement?.isSkippable == false
        }
    }
}
