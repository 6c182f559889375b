import Testing

@testable import Formats

struct TOMLRecoveryTests {
    /// The places of a document's errors.
    private func places(_ text: String) -> [String] {
        TOML.parse(Array(text.utf8)).errors.map(\.position.description)
    }

    @Test func `positions count scalars, not bytes, and not the byte order mark`() throws {
        let broken = TOML.parse(Array("\u{FEFF}'ä😀' = '€', x".utf8))
        #expect(broken.errors.map(\.position.description) == ["1:11"])
        let text = "\u{FEFF}'ä😀' = ['e\u{301}', 'ö']\r\n[t.u]\n  v.w = {x = 1}"
        let table = TOML.parse(Array(text.utf8)).root
        let array = try #require(table.entry("ä😀"))
        #expect(array.keyPosition.description == "1:1")
        #expect(array.node.position.description == "1:8")
        guard case .array(let nodes) = array.node.value else {
            Issue.record("no array")
            return
        }
        #expect(nodes.map(\.position.description) == ["1:9", "1:15"])
        guard case .table(let outer) = try #require(table["t"]).value,
            case .table(let inner) = try #require(outer["u"]).value,
            case .table(let dotted) = try #require(inner["v"]).value
        else {
            Issue.record("no tables")
            return
        }
        #expect(outer.position.description == "2:2")
        #expect(inner.position.description == "2:1")
        #expect(try #require(outer.entry("u")).keyPosition.description == "2:4")
        #expect(dotted.position.description == "3:3")
        #expect(try #require(dotted["w"]).position.description == "3:9")
    }

    @Test func `the position of a table moves to its own header`() throws {
        let table = TOML.parse(Array("[a.b]\n[a]".utf8)).root
        #expect(try #require(table["a"]).position.description == "2:1")
        #expect(try #require(table.entry("a")).keyPosition.description == "1:2")
    }

    @Test func `each broken line is reported once and the next one is read`() {
        #expect(
            places("a = x y\nb = 1\nc = 01\n= 2\nd\n\"e = 1\nf = 2\nf = 3") == [
                "1:5", "3:5", "4:1", "5:2", "6:1", "8:1",
            ]
        )
    }

    @Test func `an array that is not closed swallows nothing`() {
        #expect(places("a = [1, 2\nb = 1\nb = 2") == ["2:1", "3:1"])
        #expect(places("a = [\n  1,\n[t] # next\nb = 1\nb = 2") == ["3:2", "5:1"])
        #expect(places("a = [1,\n  'x\n]\nb = 1\nb = 2") == ["2:3", "5:1"])
        #expect(places("a = [") == ["1:5"])
    }

    @Test func `an inline table that is not closed swallows nothing`() {
        #expect(places("a = {\n  b = 1, # x\n  c = 2,\n}\nd = 1\nd = 2") == ["6:1"])
        #expect(places("a = { b = 1\nc = 1\nc = 2") == ["2:1", "3:1"])
        #expect(places("a = {") == ["1:5"])
    }

    @Test func `keys after a broken header land in no other table`() {
        let text = "[a]\nx = 1\n[b\nx = 1\ny = 01\n[a]\nx = 2\n[c]\nx = 1"
        let document = TOML.parse(Array(text.utf8))
        #expect(document.errors.map(\.position.description) == ["3:3", "5:5", "6:1"])
        #expect(document.root.entries.map(\.key) == ["a", "c"])
    }

    @Test func `at most 20 errors are collected`() {
        for count in [19, 20, 21, 1000] {
            let text = String(repeating: "a = x\n", count: count)
            #expect(places(text).count == min(count, TOML.maximumErrors))
        }
    }

    @Test(
        arguments: [
            ([0x61, 0x3D, 0xFF], "1:3", "0xFF"), ([0x23, 0xC0, 0x80], "1:2", "0xC0"),
            ([0x23, 0x0A, 0xC3, 0xA9, 0xE0, 0x80, 0x80], "2:2", "0xE0"),
            ([0x23, 0xED, 0xA0, 0x80], "1:2", "0xED"),
            ([0x23, 0xF4, 0x90, 0x80, 0x80], "1:2", "0xF4"),
            ([0x23, 0xE2, 0x82], "1:2", "0xE2"), ([0x23, 0x80], "1:2", "0x80"),
            ([0xFF, 0xFE, 0x61, 0x00], "1:1", "UTF-16"),
            ([0xFE, 0xFF, 0x00, 0x61], "1:1", "UTF-16"),
        ] as [([UInt8], String, String)]
    )
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8], place: String, word: String) throws
    {
        let found = TOML.parse(bytes).errors
        #expect(found.map(\.position.description) == [place])
        #expect(try #require(found.first).message.contains(word))
    }

    @Test func `what is found is shown so that a terminal cannot be fooled`() {
        #expect(errors("a = 1 \u{9B}") == errors("a = 1 \u{9B}").filter { $0.contains("U+009B") })
        #expect(errors("a\u{A0}= 1") == ["1:2: found the character U+00A0; '=' must follow a key"])
        #expect(errors("a = 1 é")[0].contains("found 'é'"))
        let key = #""\u001b[2J\u202e""#
        #expect(errors("\(key)=1\n\(key)=2")[0].contains(#""'\u{001B}[2J\u{202E}'" is set twice"#))
        let long = String(repeating: "k", count: 1000)
        #expect(errors("\(long)=1\n\(long)=2")[0].utf8.count < 200)
    }
}
