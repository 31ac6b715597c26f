internal import Platform

/// What a password must be (NIST SP 800-63B, section 5.1.1.2): long, and none of those that are tried first. No rules
/// about kinds of characters.
public enum PasswordRules {
    public enum Problem: Error, Sendable, Equatable {
        case tooShort, tooLong
        /// The user name, or the user name with little around it.
        case likeName
        /// One of those that everybody tries, or a pattern on the keyboard.
        case tooCommon
    }

    /// Characters.
    public static let shortest = 10

    /// - Parameter name: the user's name as typed.
    public static func check(_ password: String, name: String) -> Problem? {
        if password.utf8.count > PasswordHash.longestPassword { return .tooLong }
        if password.unicodeScalars.count < shortest { return .tooShort }
        let folded = NormalizedText.folded(password) ?? password.lowercased()
        let letters = Array(folded.unicodeScalars)
        if isLike(letters, name) { return .likeName }
        if isPattern(letters) || isCommonWord(letters) { return .tooCommon }
        return nil
    }

    private static func isLike(_ password: [Unicode.Scalar], _ name: String) -> Bool {
        let name = Array((NormalizedText.folded(name) ?? name.lowercased()).unicodeScalars)
        guard name.count >= 3 else { return false }
        for candidate in [name, name.reversed()] {
            let rest = without(candidate, in: password)
            // Four characters beside the name are a year or an ending that every list has.
            if rest.count < password.count && rest.count <= 4 { return true }
        }
        return false
    }

    /// What is left when every occurrence of a word is taken out.
    private static func without(_ word: [Unicode.Scalar], in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var rest: [Unicode.Scalar] = []
        var place = 0
        while place < text.count {
            if text[place...].starts(with: word) {
                place += word.count
            } else {
                rest.append(text[place])
                place += 1
            }
        }
        return rest
    }

    // MARK: Patterns

    /// Few different characters, a short piece repeated, or a run along the alphabet, the digits or the keyboard.
    private static func isPattern(_ text: [Unicode.Scalar]) -> Bool {
        if Set(text).count <= 3 { return true }
        for length in 1...4 where text.indices.allSatisfy({ text[$0] == text[$0 % length] }) { return true }
        var steps = 0
        for (here, next) in zip(text, text.dropFirst()) where areNeighbours(here, next) { steps += 1 }
        return steps * 10 >= (text.count - 1) * 8
    }

    private static func areNeighbours(_ one: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool {
        if one == other { return true }
        if one.isASCII && other.isASCII && abs(Int(one.value) - Int(other.value)) == 1 { return true }
        return rows.contains { row in
            guard let place = row.firstIndex(of: one) else { return false }
            return (place > 0 && row[place - 1] == other) || (place + 1 < row.count && row[place + 1] == other)
        }
    }
    private static let rows = [
        "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm",
        "wxcvbn",
    ].map { Array($0.unicodeScalars) }

    // MARK: Words

    /// A word of the lists, alone or repeated, with digits and signs around it and letters replaced by what resembles
    /// them.
    private static func isCommonWord(_ text: [Unicode.Scalar]) -> Bool {
        let plain = text.map { replacements[$0] ?? $0 }
        for candidate in [plain, text] {
            let core = trimmedToLetters(candidate)
            // Dates, telephone numbers, prices.
            if core.isEmpty && text.count <= 14 && text.allSatisfy(\.isASCII) { return true }
            if words.contains(String(String.UnicodeScalarView(core))) { return true }
            for word in wordScalars {
                let rest = without(word, in: core)
                if rest.count < core.count && rest.count <= 2 { return true }
            }
        }
        return false
    }

    private static func trimmedToLetters(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text[...]
        while let first = text.first, !first.properties.isAlphabetic { text = text.dropFirst() }
        while let last = text.last, !last.properties.isAlphabetic { text = text.dropLast() }
        return Array(text)
    }

    private static let replacements: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i",
    ]

    private static let words: Set<String> = [
        "abcdef", "administrator", "admin", "adobe", "angel", "apple", "babygirl", "baseball", "basketball", "batman",
        "blink", "bubbles", "butterfly", "changeme", "charlie", "cheese", "chelsea", "chocolate", "computer", "cookie",
        "correcthorsebatterystaple", "daniel", "default", "donald", "dragon", "eminem", "flower", "football", "freedom",
        "friends", "fuckyou", "google", "hallo", "hello", "helloworld", "hunter", "iloveyou", "internet", "jennifer",
        "jesus", "jordan", "junior", "killer", "kubernetes", "lectern", "letmein", "liverpool", "login", "loveme",
        "lovely", "maggie", "manchester", "master", "matrix", "michael", "michelle", "minecraft", "monkey",
        "motdepasse",
        "mustang", "mypassword", "naruto", "newpassword", "nicole", "nothing", "pa", "parola", "passe", "passphrase",
        "passwd", "password", "passwort", "patrick", "pepper", "pokemon", "princess", "qazwsx", "qazwsxedc", "qwert",
        "qwerty", "qwertz", "robert", "samantha", "samsung", "secret", "senha", "shadow", "slipknot", "soccer",
        "starwars", "student", "summer", "sunshine", "superman", "teacher", "temporary", "test", "testing", "thomas",
        "tigger", "training", "trustno", "user", "welcome", "whatever", "winter", "workshop", "zxcvbnm",
    ]
    private static let wordScalars = words.filter { $0.count >= 5 }.map { Array($0.unicodeScalars) }
}
