import Testing

@testable import Formats

struct TOMLTableTests {
    @Test(
        arguments: [
            ("a.b.c = 1\na.b.d = 2\na.e = 3", "{a={b={c=1 d=2} e=3}}"),
            ("\"a.b\" . 'c d' = 1", "{a.b={c d=1}}"), ("'' = 1", "{=1}"), ("1.2 = 3", "{1={2=3}}"),
            ("true = 1\n-_ = 2", "{true=1 -_=2}"), ("\"\\u00e9\" = 1", "{é=1}"),
            ("[a]\nb=1\n[c]\nd=2", "{a={b=1} c={d=2}}"), ("[ a . 'b' ] # x", "{a={b={}}}"),
            ("[a.b]\nc=1\n[a]\nd=2", "{a={b={c=1} d=2}}"), ("[a]\n[a.b]", "{a={b={}}}"),
            ("[[a]]\nb=1\n[[a]]\nb=2", "{a=[{b=1} {b=2}]}"),
            ("[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[a.b]", "{a=[{b=[{} {}]} {b={}}]}"),
            ("[f]\na.c=1\na.t.s=2\n[f.a.x]\ny=3", "{f={a={c=1 t={s=2} x={y=3}}}}"),
            ("[a.b.c]\nx=1\n[a]\nb.d=2", "{a={b={c={x=1} d=2}}}"),
            ("a.b = 1\n[a.c]", "{a={b=1 c={}}}"), ("\u{FEFF}a = 1", "{a=1}"), ("", "{}"),
            ("# only\n\n\t\r\n", "{}"), ("a=1\r\n[b]\r\nc=2\r\n", "{a=1 b={c=2}}"),
        ]
    )
    func `tables that may be`(text: String, expected: String) {
        #expect(plain(text) == expected)
    }

    @Test(
        arguments: [
            ("a=1\na=2", #"2:1: "a" is set twice; first at 1:1"#),
            ("x.a=1\n\nx.'a'=2", #"3:3: "x.a" is set twice; first at 1:3"#),
            ("a={b=1, b=2}", #"1:9: "b" is set twice; first at 1:4"#),
            ("[a]\nb=1\n[a]", "3:1: [a] is defined twice; first at 1:1"),
            ("a=1\n[a]", "2:1: [a] is already set to an integer at 1:3"),
            ("a={}\n[a]", "2:1: [a] is already set to a table at 1:3"),
            (
                "a={}\n[a.b]",
                #"2:2: "a", set at 1:3, is an inline table, closed at its '}'; nothing can be "#
                    + "added to it"
            ),
            (
                "a={}\na.b=1",
                #"2:1: "a", set at 1:3, is an inline table, closed at its '}'; nothing can be "#
                    + "added to it"
            ),
            (
                "a=1\na.b=1",
                #"2:1: "a", set at 1:3, is an integer; it cannot hold keys of its own"#
            ),
            (
                "a=[]\n[[a.b]]",
                #"2:3: "a", set at 1:3, is an array in brackets; nothing can be added to it"#
            ),
            ("a=[]\n[[a]]", "2:1: [[a]] is already set to an array at 1:3"),
            (
                "[[a]]\n[a]",
                "2:1: [a] is an array of tables, begun at 1:1; write [[a]] to add a table to it"
            ),
            (
                "[a.b]\n[[a]]",
                "2:1: [[a]] is already a single table, since 1:2; an array of tables needs [[a]] at "
                    + "its first header too"
            ),
            (
                "a.b.c=1\n[a.b]",
                "2:1: [a.b] is already a table by the dotted key at 1:3; set all its keys in the one "
                    + "way or in the other"
            ),
            (
                "[a.b]\n[a]\nb.c=1",
                #"3:1: "b" is a table with a header of its own at 1:1; set its keys there"#
            ),
            (
                "[[a.b]]\n[a]\nb.c=1",
                #"3:1: "b" is an array of tables, begun at 1:1; set the keys of each under its own "#
                    + "header"
            ),
            ("[a]\nb.c=1\nb=2", #"3:1: "b" is set twice; first at 2:1"#),
            ("a={b.c=1, b=2}", #"1:11: "b" is set twice; first at 1:4"#),
        ]
    )
    func `a table is defined once and in one way`(text: String, expected: String) {
        #expect(errors(text) == [expected])
    }

    @Test(
        arguments: [
            "[a.b.c.d]\nz=9\n[a]\nb.c.d.k=1", "a={b={}}\na.b.c=1", "a=[{}]\n[a.b]",
            "a={b={c=1}, b.d=2}", "a=[{b=1}]\n[[a]]", "[a]\n[a.b]\n[a]", "[[a.b]]\n[[a]]",
            "[a]\nb=1\n[a.b]", "a=1 b=2", "a==1", "=1", "a", "a=", "a.", ".a=1", "a..b=1", "a b=1",
            "\"\"\"a\"\"\"=1", "'''a'''=1", "ä=1", "a\u{A0}=1", "a=\n", "a\n", "[a", "[a\n",
            "[]", "[[]]", "[a.]", "[.a]", "[a]]", "[[a]", "[ [a]]", "[[a] ]", "[a]b=1", "[a] [b]",
            "a=1\rb=2", "\r", "a=1\u{FEFF}", "\u{0}", "a=1 #\r", "a=1,", "\u{2028}a=1",
        ]
    )
    func `other things that may not be have one error`(text: String) {
        #expect(errors(text).count == 1)
    }

    @Test func `keys are equal if their bytes are, not if they look equal`() throws {
        let document = TOML.parse(Array("\"\\u00e9\" = 1\n\"e\\u0301\" = 2".utf8))
        #expect(document.errors.isEmpty)
        #expect(document.root.entries.count == 2)
        guard case .integer(2) = try #require(document.root["e\u{301}"]).value else {
            Issue.record("the decomposed key is not the second one")
            return
        }
    }

    @Test(arguments: [1, 7, 8, 9, 10, 1000])
    func `every key of a table is found, and no other`(count: Int) {
        let text = (0..<count).map { number in "key\(number) = \(number)\n" }.joined()
        let table = TOML.parse(Array(text.utf8)).root
        #expect(table.entries.map(\.key) == (0..<count).map { number in "key\(number)" })
        for number in 0..<count {
            #expect(table["key\(number)"]?.position.line == number + 1)
        }
        #expect(table["key\(count)"] == nil)
        #expect(table[""] == nil)
        let again = errors(text + "key0 = 0\nkey\(count - 1) = 0")
        #expect(again.count == 2)
    }
}
