import Testing

@testable import Formats

struct TOMLStringTests {
    /// The value of `a` if the document is valid and it is a string.
    private func string(_ text: String) -> String? {
        let document = TOML.parse(Array(text.utf8))
        guard document.errors.isEmpty, case .string(let value) = document.root["a"]?.value else {
            return nil
        }
        return value
    }

    @Test(
        arguments: [
            (#""""#, ""), (#""x # y""#, "x # y"), ("\"\t\"", "\t"), (#""ä€😀""#, "ä€😀"),
            (#""\b\t\n\f\r\"\\""#, "\u{8}\t\n\u{C}\r\"\\"), (#""\u00e9\U0001F600""#, "é😀"),
            (#""\u0000""#, "\0"), (#""\UDBFF0000""#, nil), (#""\U0010FFFF""#, "\u{10FFFF}"),
            (#"'\n "x" '"#, #"\n "x" "#), ("''", ""),
            (#""\uD800""#, nil), (#""\uDFFF""#, nil), (#""\uD7FF""#, "\u{D7FF}"),
            (#""\uE000""#, "\u{E000}"), (#""\U00110000""#, nil), (#""\u12""#, nil),
            (#""\u+123""#, nil), (#""\u12g4""#, nil), (#""\U1234567""#, nil),
            (#""\e""#, "\u{1b}"), (#""\x41""#, "A"), (#""\x4g""#, nil),
            (#""\/""#, nil), (#""\ ""#, nil), (#""\'""#, nil),
            (#""\"#, nil), (#"""#, nil), ("'", nil), ("\"x\ny\"", nil), ("'x\r\ny'", nil),
            (#""x"y"#, nil), (#""x" "y""#, nil), ("\"x'", nil), ("'x\"", nil),
        ]
    )
    func `strings of one line`(written: String, expected: String?) {
        #expect(string("a = \(written)") == expected)
    }

    @Test(
        arguments: [
            ("\"\"\"\"\"\"", ""), ("\"\"\"\nx\n\"\"\"", "x\n"), ("\"\"\"\r\nx\r\ny\"\"\"", "x\ny"),
            ("\"\"\"\n\nx\"\"\"", "\nx"), ("\"\"\"x\"\"\"\"", "x\""),
            ("\"\"\"x\"\"\"\"\"", "x\"\""),
            ("\"\"\"\"\"x\"\"\"", "\"\"x"), ("\"\"\"x\"\"y\"\"\"", "x\"\"y"),
            ("\"\"\"x\"\"\"\"\"\"", nil), ("\"\"\"\"\"\"\"\"", "\"\""),
            ("\"\"\"x\\\n   \n\t y\"\"\"", "xy"), ("\"\"\"x\\  \r\n y\"\"\"", "xy"),
            ("\"\"\"\\\n\"\"\"", ""), ("\"\"\"x\\  y\"\"\"", nil), ("\"\"\"x\\", nil),
            ("\"\"\"\\\\\n\"\"\"", "\\\n"), ("\"\"\"\\\"\"\"\"", "\""),
            ("\"\"\"x", nil), ("\"\"\"x\"\"", nil), ("\"\"\"\\e\"\"\"", "\u{1b}"),
            ("\"\"\"\\a\"\"\"", nil),
            ("\"\"\"\\x41\\xe9\"\"\"", "A\u{e9}"), ("\"\"\"\\x4\"\"\"", nil),
            ("'''\nx\\\n'''", "x\\\n"), ("'''''x'''''", "''x''"), ("'''x''''''", nil),
            ("'''x''", nil), ("'''''''", "'"),
        ]
    )
    func `strings of several lines`(written: String, expected: String?) {
        #expect(string("a = \(written)") == expected)
    }

    @Test(arguments: [#""x"#, "'x", "\"\"\"x", "'''x", "# ", "\"\"\"\nx", "'''\nx"])
    func `strings and comments hold no control character but the tab`(start: String) {
        for byte in UInt8(0)...0x7F where byte < 0x20 || byte == 0x7F {
            let isLineEnd = byte == 0x0A
            let character = String(decoding: [byte], as: UTF8.self)
            let quote = String(start.prefix { $0 != "x" && $0 != "\n" && $0 != "#" })
            let text =
                start.hasPrefix("#")
                ? "a = 1 \(start)\(character)" : "a = \(start)\(character)\(quote)"
            let isMultiline = start.hasPrefix("\"\"\"") || start.hasPrefix("'''")
            let isAllowed =
                byte == 0x09 || isLineEnd && (isMultiline || start.hasPrefix("#"))
            #expect(errors(text).isEmpty == isAllowed, "byte \(byte) in \(text.debugDescription)")
        }
    }

    @Test func `an open string is reported where it starts, with what would close it`() {
        #expect(
            errors("a = \"x\nb = 'y\n")
                == [
                    "1:5: the string is not closed; end it with a '\"' on the same line",
                    "2:5: the string is not closed; end it with a single quote (') on the same line",
                ]
        )
        #expect(
            errors("a = '''x\n\n")
                == ["1:5: the string is not closed; end it with ''', which may be on a later line"]
        )
    }

    @Test func `no message repeats a value`() {
        for text in [
            "s = hunter2", "s = \"hunter2", "s = 'hunter2", "s = \"\\hunter2\"", "s = 7hunter2",
            "s = [hunter2", "s = {a = hunter2", "s = \"\" hunter2", "s = \"\"\"hunter2",
            "s hunter2",
            "s = 'hunter2'\ns = 'hunter2'", "s = 'hunter2'\ns.t = 1", "s = 'hunter2'\n[s]",
        ] {
            let found = errors(text)
            #expect(!found.isEmpty)
            #expect(!found.joined().contains("unter"), "\(text): \(found)")
        }
    }
}
