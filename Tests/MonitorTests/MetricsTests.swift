import Alerting
import Testing

@testable import Monitor

struct MetricsTests {
    private static let policy = Policy()
    private static let plan = PollPlan(stage: .scheduled(noon))

    /// Samples of a metric, without the lines that begin it.
    private func text(of name: String, _ write: (inout MetricsWriter) -> Void) throws -> String {
        var metrics = MetricsWriter()
        let family = try #require(MetricFamily.all.first { $0.name == name })
        metrics.begin(family, isContinued: true)
        write(&metrics)
        return String(decoding: metrics.bytes, as: UTF8.self)
    }

    private func snapshot(_ number: Int, alerts: [Alert] = [], owner: String? = nil) throws
        -> TokenSnapshot
    {
        var digits = ""
        digits.append(padded: number, to: 6)
        var state = TokenState()
        state.known = Facts(permissions: PermissionSet(["a:*", "b:list"]), expiry: .at(noon))
        state.lastOkAt = noon - .milliseconds(500)
        state.alerts = alerts
        let settings = TokenSettings(
            id: try #require(TokenID("token-\(digits)")),
            provider: TokenProvider(name: "vps.org", host: "admin.vps.org"),
            policy: Self.policy,
            owner: owner
        )
        return TokenSnapshot(settings: settings, state: state, plan: Self.plan, at: noon)
    }

    @Test func `a label's value is escaped as the format asks for, and nothing else of it`() throws
    {
        let owner = "a\\b \"c\"\nd\te é😀"
        let line = try text(of: "tokenwatchd_token_info") {
            $0.sample(of: ["t", "p", "h", owner], 1)
        }
        #expect(
            line == "tokenwatchd_token_info{token=\"t\",provider=\"p\",host=\"h\","
                + "owner=\"a\\\\b \\\"c\\\"\\nd\\\\u{9}e é😀\"} 1\n"
        )
    }

    @Test func `what is not seen is written out in a label`() throws {
        let line = try text(of: "tokenwatchd_tokens") {
            $0.sample(of: ["a\u{202e}\u{e0041}\u{61c}b\u{1b}"], 1)
        }
        #expect(line.contains(#""a\\u{202e}\\u{e0041}\\u{61c}b\\u{1b}""#))
    }

    @Test(arguments: [
        (String(repeating: "x", count: 255), 255), (String(repeating: "x", count: 256), 256),
        (String(repeating: "x", count: 257), 256),
        // Four bytes each, and none of them is cut in two.
        ("x" + String(repeating: "😀", count: 64), 253),
    ])
    func `a label's value is cut to 256 bytes`(value: String, kept: Int) throws {
        let line = try text(of: "tokenwatchd_tokens") { $0.sample(of: [value], 1) }
        let label = line.drop { $0 != "\"" }.dropFirst().prefix { $0 != "\"" }
        #expect(label.utf8.count == kept)
        #expect(value.hasPrefix(label))
    }

    @Test(arguments: [
        (Duration.zero, "0"), (.seconds(3), "3"), (.milliseconds(1), "0.001"),
        (.milliseconds(1500), "1.5"), (.microseconds(2_000_010), "2.00001"),
        (.nanoseconds(999), "0"), (.milliseconds(-500), "-0.5"), (.milliseconds(-1500), "-1.5"),
    ])
    func `times are seconds to the microsecond`(duration: Duration, expected: String) throws {
        let written = try text(of: "process_cpu_seconds_total") { $0.sample(duration) }
        #expect(written == "process_cpu_seconds_total \(expected)\n")
    }

    @Test func `an instant is seconds since 1970`() throws {
        let written = try text(of: "process_start_time_seconds") {
            $0.sample(noon + .milliseconds(250))
        }
        #expect(written.hasSuffix(" 1795262400.25\n"))
    }

    @Test func `a bucket counts what took up to its bound, that of the bound included`() throws {
        var histogram = Histogram()
        for duration: Duration in [
            .milliseconds(-1), .microseconds(999), .milliseconds(1), .microseconds(1001),
            .seconds(30), .milliseconds(30_001),
        ] {
            histogram.note(duration)
        }
        let lines = try text(of: "tokenwatchd_poll_duration_seconds") { $0.sample(histogram) }
            .split(separator: "\n")
        let name = "tokenwatchd_poll_duration_seconds"
        #expect(lines.count == Histogram.bounds.count + 3)
        #expect(lines.first == "\(name)_bucket{le=\"0.001\"} 3")
        #expect(lines[1] == "\(name)_bucket{le=\"0.005\"} 4")
        #expect(lines.contains("\(name)_bucket{le=\"10\"} 4"))
        #expect(lines.contains("\(name)_bucket{le=\"30\"} 5"))
        #expect(lines.contains("\(name)_bucket{le=\"+Inf\"} 6"))
        #expect(lines.contains("\(name)_sum 60.004"))
        #expect(lines.last == "\(name)_count 6")
        #expect(histogram.count == 6)
    }

    @Test func `the old names are there on request, with the same samples`() async throws {
        let tokens = [try snapshot(1, owner: "ops")]
        func text(oldNames: Bool) async -> [Substring] {
            let pages = MetricsPages(opening: [], pageSize: 8, oldNames: oldNames) { last, _ in
                last == nil ? tokens : []
            }
            var text = ""
            while let piece = await pages.next() { text += String(decoding: piece, as: UTF8.self) }
            return text.split(separator: "\n")
        }
        let (new, both) = (await text(oldNames: false), await text(oldNames: true))
        #expect(!new.contains { $0.contains("tokenwatch_") })
        #expect(both.prefix(new.count) == new[...])
        #expect(
            both.dropFirst(new.count).map {
                String($0).replacing("tokenwatch_", with: "tokenwatchd_")
            }
                == new.map(String.init)
        )
    }

    @Test func `every metric has a name of its own and a sentence of help`() {
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
        for family in MetricFamily.all {
            #expect(family.help.hasSuffix("."), "\(family.name)")
            #expect(!family.help.contains { $0 == "\n" || $0 == "\\" }, "\(family.name)")
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
        }
    }

    @Test func `a hundred thousand tokens come in small pieces, each once in every metric`()
        async throws
    {
        let tokens = try (0..<100_000).map { try snapshot($0) }
        let pages = MetricsPages(opening: Array("# opening\n".utf8), pageSize: 128) { last, limit in
            let number = last.flatMap { Int($0.text.dropFirst("token-".count)) }
            let start = number.map { $0 + 1 } ?? 0
            return Array(tokens[start..<min(tokens.count, start + limit)])
        }
        var longest = 0
        var lines = 0
        var comments: [String] = []
        while let piece = await pages.next() {
            longest = max(longest, piece.count)
            lines += piece.count { $0 == UInt8(ascii: "\n") }
            guard piece.first == UInt8(ascii: "#") else { continue }
            let text = String(decoding: piece, as: UTF8.self)
            comments += text.split(separator: "\n").filter { $0.hasPrefix("#") }.map(String.init)
        }
        // All but the alerts: there are none.
        #expect(lines == 5 * tokens.count + comments.count)
        #expect(longest < 32 * 1024, "\(longest)")
        #expect(comments.first == "# opening")
        let types = comments.filter { $0.hasPrefix("# TYPE") }.compactMap {
            $0.split(separator: " ").dropFirst(2).first.map(String.init)
        }
        #expect(types == MetricFamily.ofTokens.map(\.name))
    }

    @Test func `a page begins behind an id, whatever the order of the configuration`() throws {
        let text = ["c", "a.b", "a-b", "e", "a"].map {
            "[tokens.\"\($0)\"]\nsecret_file = \"/\($0)\"\n"
        }
        let roster = Roster(try configuration(text.joined()).tokens.map(\.settings))
        let ids = roster.settings.map(\.id.text)
        #expect(ids == ["a", "a-b", "a.b", "c", "e"])
        for (id, slot) in [("0", 0), ("a", 1), ("a-a", 1), ("b", 3), ("c", 4), ("e", 5), ("f", 5)] {
            #expect(roster.firstSlot(after: try #require(TokenID(id))) == slot, "\(id)")
        }
        for (slot, id) in ids.enumerated() {
            #expect(roster.slot(of: try #require(TokenID(id))) == slot)
        }
    }

    @Test func `what a metric has of a token is all its alerts, and nothing that is not known`()
        async throws
    {
        let alert = Alert(
            condition: .expiring,
            id: EventID(high: 0, low: 1),
            severity: .critical,
            since: noon
        )
        let bare = TokenSnapshot(
            settings: try snapshot(2).settings,
            state: TokenState(),
            plan: Self.plan,
            at: noon
        )
        let tokens = [try snapshot(1, alerts: [alert], owner: "ops \"x\""), bare]
        let pages = MetricsPages(opening: [], pageSize: 8) { last, _ in
            last == nil ? tokens : []
        }
        var text = ""
        while let piece = await pages.next() { text += String(decoding: piece, as: UTF8.self) }
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let expected = #"""
            tokenwatchd_token_info{token="token-000001",provider="vps.org",host="admin.vps.org",owner="ops \"x\""} 1
            tokenwatchd_token_info{token="token-000002",provider="vps.org",host="admin.vps.org",owner=""} 1
            tokenwatchd_token_expiry_timestamp_seconds{token="token-000001"} 1795262400
            tokenwatchd_token_last_success_timestamp_seconds{token="token-000001"} 1795262399.5
            tokenwatchd_token_poll_interval_seconds{token="token-000001"} 3600
            tokenwatchd_token_poll_interval_seconds{token="token-000002"} 3600
            tokenwatchd_token_alert{token="token-000001",condition="expiring",severity="critical"} 1
            tokenwatchd_token_permissions{token="token-000001"} 2
            """#
        #expect(samples.joined(separator: "\n") == expected)
    }
}
