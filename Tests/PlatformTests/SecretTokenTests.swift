import Platform
import Testing

@Suite("Secret tokens")
struct SecretTokenTests {
    @Test("Tokens made later have greater digests, however random the rest is")
    func digestsFollowTime() {
        let digests = (0..<1000).map { number in
            SecretToken.random(at: Timestamp(milliseconds: 1_790_000_000_000 + Int64(number))).digest.bytes
        }
        for (earlier, later) in zip(digests, digests.dropFirst()) {
            #expect(earlier.lexicographicallyPrecedes(later))
        }
        #expect(digests.allSatisfy { $0.count == 32 })
    }

    @Test("Tokens of one moment differ, and so do their digests beyond the moment")
    func tokensAreRandom() {
        let moment = Timestamp(milliseconds: 1_790_000_000_000)
        let tokens = (0..<1000).map { _ in SecretToken.random(at: moment) }
        #expect(tokens.allSatisfy { $0.text.utf8.count == SecretToken.length })
        #expect(Set(tokens.map(\.text)).count == 1000)
        #expect(Set(tokens.map { Array($0.digest.bytes.dropFirst(6)) }).count == 1000)
        #expect(Set(tokens.map { Array($0.digest.bytes.prefix(6)) }).count == 1)
    }

    @Test("A token that is presented has the digest that was stored, and no changed letter of it has")
    func presentedTokens() {
        let token = SecretToken.random()
        #expect(SecretToken(presented: token.text).digest == token.digest)
        for index in token.text.indices {
            let other: Character = token.text[index] == "a" ? "b" : "a"
            let changed = token.text.replacingCharacter(at: index, with: other)
            #expect(SecretToken(presented: changed).digest != token.digest)
        }
    }

    @Test(
        "Any text has a digest",
        arguments: ["", "x", "🙂", String(repeating: "1", count: 42), String(repeating: "=", count: 42)])
    func anyText(text: String) {
        let digest = SecretToken(presented: text).digest
        #expect(digest.bytes.count == 32)
        #expect(digest == SecretToken(presented: text).digest)
        #expect(digest != SecretToken(presented: text + "a").digest)
    }
}

extension String {
    fileprivate func replacingCharacter(at index: Index, with character: Character) -> String {
        var text = self
        text.replaceSubrange(index...index, with: String(character))
        return text
    }
}

@Suite("Texts that tell things apart")
struct UniqueTextsTests {
    @Test("None is drawn twice, also by several at once, and all look alike")
    func unique() async {
        let texts = UniqueTexts()
        let drawn = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { (0..<1000).map { _ in texts.next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(drawn).count == 4000)
        #expect(drawn.allSatisfy { $0.utf8.count == 24 && $0.allSatisfy { "a"..."z" ~= $0 || "2"..."7" ~= $0 } })
    }
}
