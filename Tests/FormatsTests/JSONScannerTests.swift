import Foundation
import Testing

@testable import Formats

@Suite struct JSONScannerTests {
    private func pointer(_ text: String) throws -> JSONPointer {
        try #require(JSONPointer(text))
    }

    private func scan(_ json: String, _ pointers: String...) throws -> [JSONFound] {
        let wanted = try pointers.map { JSONWanted(try pointer($0)) }
        return try JSONScanner(wanted).scan(Array(json.utf8))
    }

    private func each(_ json: String, _ array: String, _ member: String) throws -> JSONFound {
        let wanted = JSONWanted(try pointer(array), each: try pointer(member))
        return try #require(try JSONScanner([wanted]).scan(Array(json.utf8)).first)
    }

    @Test func `every kind of value is found where its pointer says`() throws {
        let json = """
            {"s":"x","i":-7,"f":1.5e3,"t":true,"n":null,"l":["a","b"],"e":[],"m":["a",1],
             "o":{"in":{"deep":[{"x":"y"}]}}}
            """
        let found = try scan(
            json,
            "/s",
            "/i",
            "/f",
            "/t",
            "/n",
            "/l",
            "/e",
            "/m",
            "/o",
            "/o/in/deep/0/x",
            "/none",
            "/s/none"
        )
        #expect(
            found == [
                .string("x"), .integer(-7), .number(1500), .bool(true), .null,
                .strings(["a", "b"]), .strings([]), .array(firstOther: 1), .object, .string("y"),
                .absent, .absent,
            ]
        )
    }

    @Test func `the empty pointer is the whole document`() throws {
        #expect(try scan("\"x\"", "") == [.string("x")])
        #expect(try scan(" [ \"x\" ] ", "") == [.strings(["x"])])
    }

    @Test func `pointer escapes name members with slashes and tildes`() throws {
        let json = #"{"a/b":1,"m~n":2,"~1":3,"":4,"\u0061":5}"#
        #expect(
            try scan(json, "/a~1b", "/m~0n", "/~01", "/", "/a")
                == [.integer(1), .integer(2), .integer(3), .integer(4), .integer(5)]
        )
        for wrong in ["a", "/~", "/~2", "/a~", " /a"] { #expect(JSONPointer(wrong) == nil) }
    }

    @Test func `a number in a pointer is an index of an array and a name in an object`() throws {
        #expect(
            try scan(#"{"a":[10,20]}"#, "/a/1", "/a/01", "/a/2", "/a/-") == [
                .integer(20), .absent, .absent, .absent,
            ]
        )
        #expect(
            try scan(#"{"a":{"1":20,"01":7}}"#, "/a/1", "/a/01") == [.integer(20), .integer(7)]
        )
    }

    @Test func `a pointer that is wanted twice is found twice`() throws {
        #expect(try scan(#"{"a":true}"#, "/a", "/b", "/a") == [.bool(true), .absent, .bool(true)])
    }

    @Test func `a member of each element is gathered, and a gap says where`() throws {
        let json = #"{"p":[{"Name":"a","x":[{"Name":"no"}]},{"y":1,"Name":"b"}],"q":[]}"#
        #expect(try each(json, "/p", "/Name") == .strings(["a", "b"]))
        #expect(try each(json, "/q", "/Name") == .strings([]))
        #expect(try each(json, "/none", "/Name") == .absent)
        #expect(try each(#"{"p":null}"#, "/p", "/Name") == .null)
        #expect(try each(#"{"p":{}}"#, "/p", "/Name") == .object)
        #expect(try each(#"{"p":"Name"}"#, "/p", "/Name") == .string("Name"))
        let gap = #"{"p":[{"Name":"a"},{},{"Name":"c"}]}"#
        #expect(try each(gap, "/p", "/Name") == .array(firstOther: 1))
        #expect(
            try each(#"{"p":[{"Name":"a"},{"Name":3}]}"#, "/p", "/Name")
                == .array(firstOther: 1)
        )
        #expect(try each(#"{"p":["Name"]}"#, "/p", "/Name") == .array(firstOther: 0))
    }

    @Test func `an integer is exact to 64 bits, and beyond them a double`() throws {
        #expect(
            try scan(
                "[9223372036854775807,-9223372036854775808,9223372036854775808,-0,1.0,1e400]",
                "/0",
                "/1",
                "/2",
                "/3",
                "/4",
                "/5"
            ) == [
                .integer(.max), .integer(.min), .number(9_223_372_036_854_775_808), .integer(0),
                .number(1), .number(.infinity),
            ]
        )
    }

    @Test func `a member that is read or on the way may be given only once`() throws {
        #expect(throws: JSONError(.duplicate("/a/b"), at: 16)) {
            try scan(#"{"a":{"b":1,"b":2}}"#, "/a/b")
        }
        #expect(throws: JSONError(.duplicate("/a"), at: 17)) {
            try scan(#"{"a":{"b":1},"a":{"b":2}}"#, "/a/b")
        }
        #expect(throws: JSONError(.duplicate("/a"), at: 16)) {
            try scan(#"{"a":1,"\u0061":2}"#, "/a")
        }
        #expect(try scan(#"{"z":1,"z":2,"a":3}"#, "/a") == [.integer(3)])
        #expect(throws: JSONError(.duplicateKey, at: 8)) {
            try JSONValue(parsing: Array(#"{"z":1,"z":2}"#.utf8))
        }
    }

    @Test func `the same member in each of several objects is no duplicate`() throws {
        #expect(try each(#"[{"a":"1"},{"a":"2"}]"#, "", "/a") == .strings(["1", "2"]))
    }

    @Test(arguments: [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("{", "it is cut off after 1 bytes"),
        (#"{"a"#, "it is cut off after 3 bytes"),
        (#"{"a":"#, "it is cut off after 5 bytes"),
        (#"{"a":1,"#, "it is cut off after 7 bytes"),
        ("[1", "it is cut off after 2 bytes"),
        ("tru", "it is cut off after 3 bytes"),
        ("-", "it is cut off after 1 bytes"),
        ("1.", "it is cut off after 2 bytes"),
        ("1e+", "it is cut off after 3 bytes"),
        (#""\u12"#, "it is cut off after 5 bytes"),
        ("[1,]", "unexpected character at byte 3"),
        (#"{"a":1,}"#, "unexpected character at byte 7"),
        (#"{a:1}"#, "unexpected character at byte 1"),
        (#"{"a" 1}"#, "unexpected character at byte 5"),
        ("[1}", "unexpected character at byte 2"),
        (#"{"a":1]"#, "unexpected character at byte 6"),
        ("]", "unexpected character at byte 0"),
        ("nulL", "unexpected character at byte 3"),
        ("+1", "unexpected character at byte 0"),
        (".5", "unexpected character at byte 0"),
        ("NaN", "unexpected character at byte 0"),
        ("'a'", "unexpected character at byte 0"),
        ("[1 /* c */]", "unexpected character at byte 3"),
        ("\u{feff}1", "unexpected character at byte 0"),
        ("01", "more text after the document, at byte 1"),
        ("{} {}", "more text after the document, at byte 3"),
        ("-a", "invalid number at byte 1"),
        ("1.e1", "invalid number at byte 2"),
        ("\"\u{1}\"", "control character in a string at byte 1"),
        ("\"\n\"", "control character in a string at byte 1"),
        (#""\x""#, "invalid escape in a string at byte 1"),
        (#""\u12g4""#, "invalid escape in a string at byte 5"),
        (#""\ud800""#, "half of a surrogate pair in a string at byte 1"),
        (#""\ud800\u0041""#, "half of a surrogate pair in a string at byte 1"),
        (#""\udc00\ud800""#, "half of a surrogate pair in a string at byte 1"),
    ]) func `what is not JSON is refused with its place`(json: String, message: String) throws {
        let bytes = Array(json.utf8)
        let fromScanner = #expect(throws: JSONError.self) { try JSONScanner([]).scan(bytes) }
        let fromTree = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(fromScanner?.description == message)
        #expect(fromTree == fromScanner)
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xc3, 0x28],
            [0xe2, 0x82, 0x28], [0xff],
        ] as [[UInt8]]
    ) func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONError(.invalidUTF8, at: 1)) {
            try JSONScanner([]).scan([0x22] + bytes + [0x22])
        }
    }

    @Test func `escapes and characters of every length are read`() throws {
        let json = #""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00 é€😀 \u0000""#
        #expect(
            try scan(json, "")
                == [.string("\"\\/\u{8}\u{c}\n\r\té€😀 é€😀 \0")]
        )
    }

    @Test func `sixty-four levels are read and the sixty-fifth is refused`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8
            )
        }
        #expect(throws: Never.self) { try JSONScanner([]).scan(nested(64)) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        #expect(throws: JSONError(.tooDeep, at: 64)) { try JSONScanner([]).scan(nested(65)) }
        #expect(throws: JSONError(.tooDeep, at: 64)) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONError(.tooDeep, at: 64)) {
            try JSONScanner([]).scan(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        }
    }

    @Test func `the tree keeps the order of members and looks up by name and index`() throws {
        let value = try JSONValue(parsing: Array(#"{"b":[1,2.5,"x",true,null],"a":{}}"#.utf8))
        #expect(value.members?.map(\.key) == ["b", "a"])
        #expect(value["b"]?[0]?.integer == 1)
        #expect(value["b"]?[1]?.double == 2.5)
        #expect(value["b"]?[2]?.string == "x")
        #expect(value["b"]?[3]?.bool == true)
        #expect(value["b"]?[4]?.isNull == true)
        #expect(value["b"]?[5] == nil)
        #expect(value["c"] == nil)
        #expect(value["b"]?.elements?.count == 5)
    }
}
