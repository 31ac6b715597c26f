/// What a program has told of a user that it requests sessions for (spec/portal-http.md, section 3.5). Kept for staff, who
/// then see a name instead of an id; nothing is decided by it.
public struct UserDetails: Sendable, Equatable {
    public var email: String
    public var firstName: String
    public var lastName: String

    public init(email: String = "", firstName: String = "", lastName: String = "") {
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
    }

    public var isEmpty: Bool { email.isEmpty && firstName.isEmpty && lastName.isEmpty }

    /// `Ada Lovelace, ada@example.com`.
    public var text: String {
        let name = [firstName, lastName].filter { !$0.isEmpty }.joined(separator: " ")
        return [name, email].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// These, changed by what is given now: what is left out stays.
    func updated(by given: UserDetails) -> UserDetails {
        UserDetails(
            email: given.email.isEmpty ? email : given.email,
            firstName: given.firstName.isEmpty ? firstName : given.firstName,
            lastName: given.lastName.isEmpty ? lastName : given.lastName)
    }
}
