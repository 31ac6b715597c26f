import Testing

@testable import Portal

@Suite("User names")
struct UserNameTests {
    @Test(
        "Names that people have are taken",
        arguments: [
            ("ada", "ada"), ("  ada\t", "ada"), ("Ada.Lovelace", "Ada.Lovelace"),
            ("ada@example.com", "ada@example.com"),
            ("Jürgen", "Jürgen"), ("Ｊose", "Jose"), ("Ольга", "Ольга"), ("Ελένη", "Ελένη"), ("田中", "田中"),
            ("علي", "علي"), ("नेहा", "नेहा"), ("x1", "x1"), ("o-o_o+o", "o-o_o+o"),
        ])
    func good(typed: String, text: String) throws {
        #expect(try UserName.checked(typed).get().text == text)
    }

    @Test(
        "Names that would deceive or confuse are refused, and the reason is told",
        arguments: [
            ("", .tooShort), ("a", .tooShort), (" a ", .tooShort), (String(repeating: "a", count: 61), .tooLong),
            (String(repeating: "a", count: 5000), .tooLong), ("a b", .characters), (".ada", .characters),
            ("@ada", .characters), ("ada\u{202E}", .characters), ("ada\u{200B}x", .characters), ("a/b", .characters),
            ("a:b", .characters), ("<b>x</b>", .characters), ("ada\n", nil), ("a\u{0}b", .characters),
            ("\u{1F980}\u{1F980}", .characters), ("a\u{338}b", .characters), ("аda", .mixedScripts),
            ("pаypal", .mixedScripts), ("αdmin", .mixedScripts), ("admin", .reserved), ("ADMIN", .reserved),
            ("ａｄｍｉｎ", .reserved), ("adm1n", nil), ("r00t", .reserved), ("Rооt", .mixedScripts),
            ("robot@x", .reserved), ("anon@educates", .reserved), ("oidc-1234", .reserved), ("OIDC-1234", .reserved),
            ("harbour-master", .reserved), ("Harbour-Master", .reserved), ("lecter\u{6e}", .reserved),
        ] as [(String, UserName.Problem?)])
    func bad(typed: String, problem: UserName.Problem?) {
        let result = UserName.checked(typed, reserved: ["harbour-master"])
        var found: UserName.Problem?
        if case .failure(let reason) = result { found = reason }
        #expect(found == problem)
    }

    @Test(
        "Names that look alike have one key",
        arguments: [
            ("ada", "ADA"), ("ada", "Ａda"), ("bill", "bi11"), ("oscar", "0scar"), ("modern", "modem"),
            ("соса", "coca"), ("Ada ", " ada"), ("a\u{200B}da", "ada"), ("Straße", "STRASSE"), ("ρόρο", "ρόρο"),
        ])
    func alike(one: String, other: String) {
        #expect(UserName.key(of: one) == UserName.key(of: other))
        #expect(UserName.key(of: one) != nil)
    }

    @Test("Different names have different keys")
    func different() {
        let names = ["ada", "adam", "bob", "eve", "ольга", "a.da", "a-da", "ad", "jürgen", "jurgen"]
        #expect(Set(names.compactMap { UserName.key(of: $0) }).count == names.count)
        #expect(UserName.key(of: "") == nil)
        #expect(UserName.key(of: String(repeating: "x", count: 2000)) == nil)
    }

    @Test("Users of a provider have an id each, always the same, that nobody can register")
    func provider() {
        let one = UserID.of(ProviderIdentity(issuer: "https://a.example", subject: "1"))
        #expect(one == UserID.of(ProviderIdentity(issuer: "https://a.example", subject: "1")))
        let others = [("https://a.example", "2"), ("https://b.example", "1"), ("https://a.example1", "")]
        for (issuer, subject) in others {
            #expect(one != UserID.of(ProviderIdentity(issuer: issuer, subject: subject)))
        }
        guard case .failure(.reserved) = UserName.checked(one.rawValue) else {
            Issue.record("\(one) could be registered")
            return
        }
    }
}

@Suite("Passwords that people choose")
struct PasswordRulesTests {
    @Test(
        "Long ones are taken, whatever they are made of",
        arguments: [
            "correct horse staple", "hunde spielen gern", "0xkcd-93-6", "пароль от моря", "ten of them",
            "8402-7719-3355-0264",
            "J'aime les crêpes", "Tr0ub4dor&3", "🦀🐙🦑🐚🦪🐡🐠🐟🦈🐬",
        ])
    func good(password: String) {
        #expect(PasswordRules.check(password, name: "ada") == nil)
    }

    @Test(
        "Short ones, common ones, patterns and the name are refused",
        arguments: [
            ("", .tooShort), ("123456789", .tooShort), ("Tr0ub4dor", .tooShort),
            (String(repeating: "ab1 ", count: 300), .tooLong),
            ("1234567890", .tooCommon), ("0987654321", .tooCommon), ("qwertyuiop", .tooCommon),
            ("abcdefghij", .tooCommon), ("aaaaaaaaaa", .tooCommon), ("abcabcabcabc", .tooCommon),
            ("abababababab", .tooCommon), ("password123", .tooCommon), ("Password2026!", .tooCommon),
            ("P@ssw0rd!!", .tooCommon), ("!!iloveyou!!", .tooCommon), ("letmein12345", .tooCommon),
            ("passwordpassword", .tooCommon), ("qwertz123456", .tooCommon), ("asdfghjkl;1", .tooCommon),
            ("2026-12-31", .tooCommon), ("lovelace01", .likeName), ("Lovelace2026", .likeName),
            ("ecalevol-99", .likeName), ("lovelacelovelace", .likeName),
        ] as [(String, PasswordRules.Problem)])
    func bad(password: String, problem: PasswordRules.Problem) {
        #expect(PasswordRules.check(password, name: "Lovelace") == problem)
    }
}
