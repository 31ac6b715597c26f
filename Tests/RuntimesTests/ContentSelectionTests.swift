import Portal
import Testing

@testable import Runtimes

@Suite("Which files of a source are taken")
struct ContentSelectionTests {
    @Test(
        "Patterns",
        arguments: [
            ("/workshop/**", "workshop/content/one.md", true), ("/workshop/**", "exercises/one.txt", false),
            ("workshop", "workshop/content/one.md", true), ("workshop", "other/workshop/one.md", false),
            ("**/*.md", "one.md", true), ("**/*.md", "a/b/c/one.md", true), ("**/*.md", "a/one.txt", false),
            ("*.md", "one.md", true), ("*.md", "a/one.md", false), ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/d/c", false),
            ("a/**/c", "a/c", true), ("a/**/c", "a/x/y/c/z", true), ("file?.txt", "file1.txt", true),
            ("file?.txt", "file12.txt", false), ("{a,b}/*.txt", "b/x.txt", true), ("{a,b}/*.txt", "c/x.txt", false),
            ("./a", "a", true), ("**", "anything/at/all", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
            ("", "a", false), ("{a", "{a", true),
        ])
    func patterns(pattern: String, path: String, isTaken: Bool) {
        var source = ContentSource(.directory("x"))
        source.includePaths = [pattern]
        #expect(ContentSelection(source).takes(path.split(separator: "/").map(String.init)) == isTaken)
    }

    @Test("What is left out wins over what is taken, and without patterns all is taken")
    func both() {
        var source = ContentSource(.directory("x"))
        #expect(ContentSelection(source).takesAll && ContentSelection(source).takes(["a", "b"]))
        source.excludePaths = ["**/*.secret"]
        #expect(!ContentSelection(source).takesAll)
        #expect(!ContentSelection(source).takes(["a", "key.secret"]) && ContentSelection(source).takes(["a", "b"]))
        source.includePaths = ["a"]
        #expect(!ContentSelection(source).takes(["a", "key.secret"]) && !ContentSelection(source).takes(["b"]))
        #expect(ContentSelection(source).takes(["a", "b"]))
    }

    @Test("Patterns made to take long do not")
    func effort() {
        var source = ContentSource(.directory("x"))
        source.includePaths = [
            String(repeating: "**/", count: 200) + "x", String(repeating: "a*", count: 500) + "b",
            String(repeating: "{a,b}", count: 60),
        ]
        let path = (0..<100).map { _ in String(repeating: "a", count: 200) }
        let watch = ContinuousClock()
        let selection = ContentSelection(source)
        let time = watch.measure { _ = selection.takes(path) }
        #expect(time < .seconds(20))
    }
}
