import Testing

@testable import Formats

struct TOMLValueTests {
    @Test(
        arguments: [
            ("1", "1"), ("+1", "1"), ("-0", "0"), ("1_000", "1000"),
            ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("0xDEAD_beef", "3735928559"), ("0x7fffffffffffffff", "9223372036854775807"),
            ("0o755", "493"), ("0b1101", "13"), ("0x00", "0"),
        ]
    )
    func `integers are read in every base`(written: String, expected: String) {
        #expect(plain("a = \(written)") == "{a=\(expected)}")
    }

    @Test(
        arguments: [
            ("1.5", "1.5"), ("-0.0", "-0.0"), ("5e+22", "5e+22"), ("1E0_6", "1000000.0"),
            ("6.626e-34", "6.626e-34"), ("1e-999", "0.0"), ("224_617.445_991", "224617.445991"),
            ("inf", "inf"), ("+inf", "inf"), ("-inf", "-inf"), ("nan", "nan"), ("+nan", "nan"),
        ]
    )
    func `floats are read`(written: String, expected: String) {
        #expect(plain("a = \(written)") == "{a=\(expected)}")
    }

    @Test(
        arguments: [
            "01", "-01", "+00", "1_", "_1", "1__0", "0x_1", "0x", "0xG", "0b2", "0o8", "+0x1",
            "0X1", "9223372036854775808", "-9223372036854775809", "0x8000000000000000",
            "1.", ".5", "1.e5", "1_.5", "1._5", "1e", "1e_5", "1e5_", "1e1.5", "00.5", "1e999",
            "Inf", "NaN", "infinity", "in_f", "--1", "1-", "1a",
        ]
    )
    func `a number that breaks a rule is refused at its first character`(written: String) throws {
        let found = errors("\n  a = \(written)")
        #expect(found.count == 1)
        #expect(try #require(found.first).hasPrefix("2:7: "))
    }

    @Test(
        arguments: [
            ("1979-05-27T07:32:00Z", "1979/5/27 7:32:0+0ns 0min"),
            ("1979-05-27t07:32:00z", "1979/5/27 7:32:0+0ns 0min"),
            ("1979-05-27 07:32:00-07:30", "1979/5/27 7:32:0+0ns -450min"),
            ("1979-05-27T07:32:00.5+23:59", "1979/5/27 7:32:0+500000000ns 1439min"),
            ("1979-05-27T07:32:00", "1979/5/27 7:32:0+0ns"),
            ("1979-05-27 07:32:00.9999999999", "1979/5/27 7:32:0+999999999ns"),
            ("1979-05-27", "1979/5/27"),
            ("1979-05-27 ", "1979/5/27"),
            ("1979-05-27 # and then", "1979/5/27"),
            ("07:32:60.000001", "7:32:60+1000ns"),
            ("2000-02-29", "2000/2/29"), ("2024-02-29", "2024/2/29"), ("0000-01-01", "0/1/1"),
            ("9999-12-31T23:59:59Z", "9999/12/31 23:59:59+0ns 0min"),
        ]
    )
    func `dates and times are read`(written: String, expected: String) {
        #expect(plain("a = \(written)") == "{a=\(expected)}")
    }

    @Test(
        arguments: [
            "1900-02-29", "2023-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-01",
            "2024-01-00", "2024-1-01", "2024-01-1", "24-01-01", "02024-01-01", "2024-01-01T",
            "2024-01-01T07:", "2024-01-01T07:32:", "2024-01-01T07:32.5", "2024-01-01T7:32:00",
            "2024-01-0107:32:00", "2024-01-01T24:00:00",
            "2024-01-01T23:60:00", "2024-01-01T23:59:61", "2024-01-01T23:59:59.",
            "2024-01-01T23:59:59+24:00", "2024-01-01T23:59:59+00:60", "2024-01-01T23:59:59+01",
            "2024-01-01T23:59:59Zx", "2024-01-01x", "24:00:00", "07:", "7:32:00", "07:32:00Z",
            "2024-01-01 25:00:00",
        ]
    )
    func `a date that does not exist or is written otherwise is refused`(written: String) {
        #expect(errors("a = \(written)").count == 1)
    }

    @Test func `a message about a date says what is wrong with it`() {
        #expect(
            errors("a = 2023-02-29")
                == ["1:5: the day of that month is 29; it must be 1 to 28"]
        )
        #expect(
            errors("a = 2023-02-28 07")
                == ["1:5: a time must be written HH:MM or HH:MM:SS, such as 07:30:00"]
        )
    }

    @Test(arguments: [
        ("07:32", "07:32:00"), ("2024-01-01T07:32Z", "2024-01-01T07:32:00Z"),
        ("2024-01-01 07:32", "2024-01-01T07:32:00"),
    ])
    func `seconds may be left out`(written: String, same: String) {
        #expect(plain("a = \(written)") == plain("a = \(same)"))
    }

    @Test(arguments: [
        ("True", "write true"), ("yes", "write true"), ("FALSE", "write false"),
        ("off", "write false"),
        ("null", "leave the key out"), ("\u{201c}x\u{201d}", "the quotes are typographic"),
    ])
    func `what other languages write has a hint`(written: String, hint: String) {
        #expect(errors("a = \(written)").count == 1)
        #expect(errors("a = \(written)")[0].contains(hint))
    }

    @Test(arguments: [
        ("tokens:\n  a:\n    secret_file: /x\n", "this is YAML"), ("---\n- a\n", "this is YAML"),
        ("# x\n{\"tokens\": {}}\n", "this is JSON"), ("; x\n[a]\nb = 1\n", "this is an INI file"),
    ])
    func `another format is named, once`(text: String, hint: String) {
        #expect(errors(text).count == 1)
        #expect(errors(text)[0].contains(hint))
    }

    @Test(arguments: [
        ("[tokens.a]\nb: \"x\"", "2:2: found ':'; a key is set with '=', not ':'"),
        ("tokens {\n}", "1:8: found '{'; a table begins with a line [NAME], without braces"),
        ("// x", "1:1: found '/'; a comment begins with #"),
        ("[tokens deploy]", "1:9: found 'd'; a name has no spaces; write [tokens.deploy]"),
        (
            "[tokens.my deploy 2]",
            "1:12: found 'd'; a name has no spaces; write [tokens.my-deploy-2]"
        ),
        (
            "a = \"x\u{201d}",
            "1:5: the string ends with a typographic quote; end it with a '\"' on the same line"
        ),
    ])
    func `a line in another language has a hint`(text: String, hint: String) {
        #expect(errors(text).first == hint)
    }

    @Test func `an inline table may go over several lines, with comments and a last comma`() {
        let text =
            "a = { # one\n  b = 1, # two\n\n  c.d = [\n 1,\n],\n  # end\n}\ne = {b=1,}\nf={\n}"
        #expect(plain(text) == "{a={b=1 c={d=[1]}} e={b=1} f={}}")
    }

    @Test(arguments: ["tru", "truefalse", "bare"])
    func `a word is no value`(written: String) {
        let message =
            "the value is not a number, a date, true or false; "
            + "a string must be in quotes"
        #expect(errors("a = \(written)") == ["1:5: \(message)"])
    }

    @Test func `booleans are read`() {
        #expect(plain("a = true\nb=false") == "{a=true b=false}")
    }

    @Test func `arrays hold anything, over several lines, with comments and a last comma`() {
        let text = """
            a = [ # one
              1, "two", # 3
              [ ], [[3.5]],
              {x = 1}, # last
              # end
            ]
            """
        #expect(plain(text) == #"{a=[1 "two" [] [[3.5]] {x=1}]}"#)
    }

    @Test(arguments: ["[", "[1", "[1,", "[,]", "[1,,2]", "[1 2]", "[1]]", "[1}", "[1 # ]"])
    func `an array that breaks a rule is refused`(written: String) {
        #expect(errors("a = \(written)").count == 1)
    }

    @Test func `inline tables hold dotted keys and other inline tables`() {
        #expect(
            plain("a = { b.c = 1, b . d = 2, e = {}, 'f g'={h=[{}]} }")
                == "{a={b={c=1 d=2} e={} f g={h=[{}]}}}"
        )
    }

    @Test(
        arguments: [
            "{", "{b", "{b=", "{b=1", "{,}", "{,b=1}", "{b=1,,c=2}", "{b=1 c=2}", "{b=1,",
            "{b=1]", "{b=1\n\n", "{b\n=1}", "{b=\n1}", "{b=1 # }", "{b=1}}", "{b}", "{1}",
        ]
    )
    func `an inline table that breaks a rule is refused, with one error`(written: String) {
        #expect(errors("a = \(written)").count == 1)
    }

    @Test(
        arguments: [
            ("a", "a string", #""x""#), ("a", "an integer", "1"), ("a", "a float", "1.0"),
            ("a", "a boolean", "true"), ("a", "an array", "[]"), ("a", "a table", "{}"),
            ("a", "a date and time", "2024-01-01T00:00:00Z"), ("a", "a date", "2024-01-01"),
            ("a", "a date and time without an offset", "2024-01-01T00:00:00"),
            ("a", "a time", "00:00:00"),
        ]
    )
    func `each type has a name for messages`(key: String, name: String, written: String) throws {
        let node = try #require(TOML.parse(Array("\(key) = \(written)".utf8)).root[key])
        #expect(node.value.typeName == name)
    }
}
