import Alerting
import Foundation
import Testing

struct JSONTests {
    private func parse(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    private static let fields = [
        "version", "id", "instance", "subject", "type", "phase", "severity", "at", "summary",
        "token", "host", "alert_id", "since", "next_reminder_at", "acknowledged_by", "reason",
        "details",
    ]

    @Test
    func `what JSON reserves is escaped wherever it stands`() throws {
        for length in 1...20 {
            for place in 0..<length {
                for special in ["\"", "\\", "\n", "\u{1f}", "\u{0}", "\u{7f}", "é", "\u{202e}"] {
                    var characters = Array(repeating: " ", count: length)
                    characters[place] = special
                    let text = characters.joined()
                    var json = JSONWriter()
                    json.object { $0.field("x", text) }
                    #expect(try parse(json.text)["x"] as? String == text, "\(length) \(place)")
                    let isShown = special == "é"
                    #expect(json.text.contains(special) == (isShown || "\"\\".contains(special)))
                }
            }
        }
    }

    @Test
    func `an event of a token has every field`() throws {
        var watched = Watched()
        watched.ids = EventIDs(seed: 3)
        var facts = Facts.expiring(start + .days(6))
        facts.name = "Production \"Deploy\" Key"
        facts.account = "john@example.com"
        facts.holder = AccountHolder(name: "John Doe", company: nil)
        let event = try #require(watched.tell(facts, at: start).first)
        let text = event.json(instance: "vps-1")
        #expect(!text.contains("\n"))
        let json = try parse(text)
        #expect(Set(json.keys) == Set(Self.fields))
        #expect(json["version"] as? Int == 1)
        #expect(json["id"] as? String == event.id.description)
        #expect(json["instance"] as? String == "vps-1")
        #expect(json["subject"] as? String == "token")
        #expect(json["type"] as? String == "expiring")
        #expect(json["phase"] as? String == "raised")
        #expect(json["severity"] as? String == "warning")
        #expect(json["at"] as? String == "2026-06-01T00:00:00Z")
        #expect(json["host"] is NSNull)
        #expect(json["alert_id"] as? String == event.id.description)
        #expect(json["since"] as? String == "2026-06-01T00:00:00Z")
        #expect(json["next_reminder_at"] as? String == "2026-06-08T00:00:00Z")
        #expect(json["acknowledged_by"] is NSNull)
        #expect(json["reason"] is NSNull)
        let token = try #require(json["token"] as? [String: Any])
        #expect(
            Set(token.keys)
                == [
                    "id", "name", "provider", "account", "account_name", "company", "owner",
                    "renew_url", "note",
                ]
        )
        #expect(token["account_name"] as? String == "John Doe")
        #expect(token["company"] is NSNull)
        #expect(token["id"] as? String == "deploy")
        #expect(token["name"] as? String == "Production \"Deploy\" Key")
        #expect(token["owner"] is NSNull)
        let details = try #require(json["details"] as? [String: Any])
        #expect(details["expires_at"] as? String == "2026-06-07T00:00:00Z")
        #expect(details["stage"] as? String == "7d")
        #expect(details["seconds_left"] as? Int == 518_400)
    }

    @Test
    func `an event of a host or the daemon has no token`() throws {
        for (subject, kind, host) in [
            (Event.Subject.host("admin.vps.org"), "host", "admin.vps.org"),
            (.daemon, "daemon", nil),
        ] {
            let event = Event(
                id: EventID(high: 1, low: 2),
                at: start,
                subject: subject,
                kind: .test,
                phase: .raised,
                severity: .info,
                summary: "a test",
                details: [Detail("list", .texts([])), Detail("none", .null)]
            )
            let json = try parse(event.json(instance: "vps-1"))
            #expect(Set(json.keys) == Set(Self.fields))
            #expect(json["subject"] as? String == kind)
            #expect(json["type"] as? String == "test")
            #expect(json["token"] is NSNull)
            #expect(json["host"] as? String == host)
            let details = try #require(json["details"] as? [String: Any])
            #expect(details["list"] as? [String] == [])
            #expect(details["none"] is NSNull)
        }
    }

    @Test(arguments: [
        "", "plain", "\"", "\\", "\\\"", "a\nb\tc\rd", "\u{0}\u{1}\u{1f}\u{7f}", "\u{1b}[31mred",
        "ä€😀", "\u{2028}\u{2029}", "e\u{301}", "a\u{feff}", "\r\n", "</script>", "ends\\",
        String(repeating: "\n", count: 3000),
    ])
    func `any text survives`(text: String) throws {
        var writer = JSONWriter()
        writer.object { json in
            json.key(text)
            json.value(text)
        }
        #expect(!writer.bytes.contains { $0 < 0x20 || $0 == 0x7f })
        let json = try parse(writer.text)
        let (key, value) = try #require(json.first)
        #expect(Array(key.unicodeScalars) == Array(text.unicodeScalars))
        #expect((value as? String).map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test
    func `random text survives`() throws {
        var random = SplitMix64(state: 5)
        for round in 0..<300 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let range: ClosedRange<UInt32> =
                    Bool.random(using: &random) ? 0...0x7f : 0...0x1ffff
                let value = UInt32.random(in: range, using: &random)
                if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
            }
            var writer = JSONWriter()
            writer.object { json in
                json.key("text")
                json.value(text)
            }
            let value = try parse(writer.text)["text"] as? String
            #expect(value.map { Array($0.utf8) } == Array(text.utf8), "round \(round)")
        }
    }

    @Test
    func `values are separated by commas, nested or not`() {
        var writer = JSONWriter()
        writer.array { json in
            json.value(1)
            json.value(Int64.min)
            json.value(true)
            json.null()
            json.object { _ in }
            json.object { json in
                json.key("a")
                json.array { _ in }
                json.key("b")
                json.value(["x", "y"])
            }
            json.verbatim("{}".utf8)
            json.value(start)
            json.value(String?.none)
        }
        #expect(
            writer.text
                == #"[1,-9223372036854775808,true,null,{},{"a":[],"b":["x","y"]},{},"#
                + #""2026-06-01T00:00:00Z",null]"#
        )
        writer.removeAll()
        writer.value(2)
        #expect(writer.text == "2")
    }
}
