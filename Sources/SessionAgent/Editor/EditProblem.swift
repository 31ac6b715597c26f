/// Why an action on a file cannot be done, in words for whoever clicked it. Nothing was changed.
package struct EditProblem: Error, Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// A field is missing or makes no sense.
        case fields
        /// There is no such file or folder, or there already is one.
        case file
        /// The file is not a text that can be edited: too large, binary, or not YAML.
        case content
        /// What the action looks for is not in the file.
        case notFound
        /// The file may not be read or written, or the system refused.
        case refused
        /// The file was changed meanwhile.
        case changed
        /// Nothing of this kind can be done here.
        case notAvailable
    }
    package let kind: Kind
    package let text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}
