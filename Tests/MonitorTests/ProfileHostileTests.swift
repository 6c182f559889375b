import Alerting
import Testing

@testable import Monitor

/// Answers that try to break their reader.
struct ProfileHostileTests {
    private static let secret = "vps_0123456789abcdef"

    private static func answer(_ permissions: String, expires: String = "null") -> String {
        """
        {"account":{"email":"john@example.com"},"token":{"name":"n","permissions":\(permissions),
        "created_at":"2025-01-10T14:30:00Z","last_used_at":null,"expires_at":\(expires),
        "is_expired":false}}
        """
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        var answer = Array(answer("[]").utf8)
        guard let place = answer.firstIndex(of: UInt8(ascii: "n")) else { return answer }
        answer.insert(contentsOf: bytes, at: place)
        return answer
    }

    /// What the answers are, and their bodies.
    private static let bodies: [(what: String, body: [UInt8])] = [
        ("a million permissions", bytes("[" + repeated("\"a:b\",", 1_000_000) + "\"c:d\"]")),
        ("a million equal keys", Array(("{" + repeated("\"token\":1,", 1_000_000) + "}").utf8)),
        ("a depth of 100,000 arrays", Array((repeated("[", 100_000)).utf8)),
        ("a depth of 100,000 objects", Array((repeated("{\"token\":", 100_000)).utf8)),
        ("a number of a million digits", bytes("[]", expires: repeated("9", 1_000_000))),
        ("a number beyond a double", bytes("[]", expires: "1e999999999")),
        ("the year 10000", bytes("[]", expires: "\"10000-01-01T00:00:00Z\"")),
        ("the year 0, moved below it", bytes("[]", expires: "\"0000-01-01T00:00:00+23:59\"")),
        ("the 31st of February", bytes("[]", expires: "\"2027-02-31T00:00:00Z\"")),
        ("a minute of 61", bytes("[]", expires: "\"2027-01-31T00:61:00Z\"")),
        ("a date that is negative", bytes("[]", expires: "\"-2027-01-31\"")),
        ("a number for a date", bytes("[]", expires: "-9223372036854775808")),
        ("an object for a date", bytes("[]", expires: "{\"$date\":1}")),
        ("UTF-8 that is cut", text([0xf0, 0x9f, 0x98])),
        ("UTF-8 that is overlong", text([0xc0, 0xaf])),
        ("a surrogate in UTF-8", text([0xed, 0xa0, 0x80])),
        ("half a surrogate pair", bytes("[\"\\ud800\"]")),
        ("zero bytes", Array(repeating: 0, count: 1 << 20)),
        ("nothing", []),
        ("XML with entities", Array("<!DOCTYPE a [<!ENTITY b \"\(repeated("c", 9999))\">]>".utf8)),
    ]

    private static func bytes(_ permissions: String, expires: String = "null") -> [UInt8] {
        Array(answer(permissions, expires: expires).utf8)
    }

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    @Test func `none of them is a good answer, and each is named in one short line`() throws {
        let reader = AnswerReader(try #require(BuiltinProviders.named("vps.org")).profile)
        for (what, body) in Self.bodies {
            let answer = reader.read(
                status: 200,
                headers: { _ in nil },
                body: body,
                secret: Self.secret,
                at: noon
            )
            guard case .malformed(let problem) = answer else {
                Issue.record("\(what): \(answer)")
                continue
            }
            #expect((10...400).contains(problem.utf8.count), "\(what): \(problem)")
            #expect(problem.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(what): \(problem)")
        }
    }

    @Test func `what is written in an unusual way, and means something, is read`() throws {
        let reader = AnswerReader(try #require(BuiltinProviders.named("vps.org")).profile)
        let expiries: [(String, Expiry)] = [
            ("\"9999-12-31T23:59:59Z\"", .at(Instant(seconds: 253_402_300_799))),
            ("\"1970-01-01\"", .at(Instant(seconds: 0))),
            ("\"2028-02-29\"", .at(Instant(seconds: 1_835_395_200))),
        ]
        for (text, expiry) in expiries {
            let answer = reader.read(
                status: 200,
                headers: { _ in nil },
                body: Self.bytes("[]", expires: text),
                secret: Self.secret,
                at: noon
            )
            #expect(answer.facts?.expiry == expiry, "\(text): \(answer)")
        }
    }
}
