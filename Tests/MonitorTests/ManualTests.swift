import Alerting
import Foundation
import Testing

@testable import Formats
@testable import Monitor

/// The manual pages of the configuration and the socket against the code's own tables.
struct ManualTests {
    private func manual(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        return try String(contentsOfFile: "\(root)docs/man/\(name)", encoding: .utf8)
    }

    /// What stands between two headings.
    private func section(_ heading: String, in manual: String) -> Substring? {
        guard let start = manual.firstRange(of: "\n\(heading)\n") else { return nil }
        let rest = manual[start.upperBound...]
        let end = rest.firstRange(of: /\n\.S[hs]\x20/)?.lowerBound ?? rest.endIndex
        return rest[..<end] + "\n"
    }

    /// The names of the items of a list: `.It Ic a , b` has two.
    private func items(_ macro: String, in text: some StringProtocol) -> Set<String> {
        let lines = text.split(separator: "\n").filter { $0.hasPrefix(".It \(macro) ") }
        return Set(
            lines.flatMap { line in
                line.dropFirst(5 + macro.count).components(separatedBy: " , ")
            }
        )
    }

    @Test func `every key of the configuration is in the manual, beneath its table`() throws {
        let manual = try manual("tokenwatchd.toml.5")
        let policy = items("Ic", in: try #require(section(".Ss [policy]", in: manual)))
        let token = items("Ic", in: try #require(section(".Ss [tokens.ID]", in: manual)))
        for key in Configuration.knownKeys() {
            let parts = key.split(separator: ".").map(String.init)
            let isNamed = ["channels", "formats", "inventories", "providers", "tokens"]
                .contains(parts[0])
            let table = parts.prefix(isNamed ? 2 : 1).joined(separator: ".")
            let name = parts.dropFirst(isNamed ? 2 : 1).joined(separator: ".")
            let text = try #require(section(".Ss [\(table)]", in: manual), "\(table)")
            let isThere = items("Ic", in: text).contains(name)
            let shared =
                switch table {
                case "tokens.ID": policy
                case "inventories.NAME": policy.union(token)
                default: Set<String>()
                }
            #expect(isThere || shared.contains(name), "\(key)")
        }
    }

    @Test func `the manual has no key that there is not`() throws {
        let manual = try manual("tokenwatchd.toml.5")
        let keys = Set(Configuration.knownKeys())
        let tables = manual.matches(of: /\n\.Ss \[(\S+)\]\n/).map { String($0.1) }
        #expect(tables.count == 10)
        for table in tables {
            let text = try #require(section(".Ss [\(table)]", in: manual))
            for item in items("Ic", in: text) { #expect(keys.contains("\(table).\(item)")) }
        }
    }

    @Test func `every request is in the manual, and none that there is not`() throws {
        let text = try #require(section(".Sh REQUESTS", in: try manual("tokenwatchd-api.7")))
        let known = Set(StatusRoute.all.map { "\($0.method.rawValue) \($0.path)" })
        #expect(known.count == StatusRoute.all.count)
        #expect(items("Ic", in: text) == known)
    }

    @Test func `every metric is in the manual, and none that there is not`() throws {
        let text = try #require(section(".Sh METRICS", in: try manual("tokenwatchd-api.7")))
        #expect(items("Ic", in: text) == Set(MetricFamily.all.map(\.name)))
        for label in MetricFamily.all.flatMap(\.labels) {
            #expect(text.contains(label), "\(label)")
        }
    }

    @Test func `every phase, and every condition and change with its details, is in the manual`()
        throws
    {
        let text = try #require(section(".Sh EVENTS", in: try manual("tokenwatchd-api.7")))
        let known =
            Event.Phase.allCases.map(\.rawValue) + Condition.allCases.map(\.rawValue)
            + Change.allCases.map(\.rawValue)
        #expect(items("Cm", in: text) == Set(known))
    }

    @Test func `every member of an event and of a token is in the manual`() throws {
        let manual = try manual("tokenwatchd-api.7")
        let events = items("Ic", in: try #require(section(".Sh EVENTS", in: manual)))
        let event = Event(
            id: EventID(high: 0, low: 1),
            at: noon,
            subject: .daemon,
            kind: .test,
            phase: .changed,
            severity: .info,
            summary: "",
            details: []
        )
        let json = try JSONValue(parsing: Array(event.json(instance: "x").utf8))
        #expect(events == Set(try #require(json.members).map(\.key)))
        let tokens = items("Ic", in: try #require(section(".Sh TOKENS", in: manual)))
        let snapshot = TokenSnapshot(
            settings: TokenSettings(
                id: try #require(TokenID("a")),
                provider: TokenProvider(name: "p", host: "h"),
                policy: Policy()
            ),
            state: TokenState(),
            plan: PollPlan(stage: .scheduled(noon)),
            at: noon
        )
        var writer = JSONWriter()
        snapshot.write(into: &writer, at: noon)
        let token = try JSONValue(parsing: writer.bytes)
        #expect(tokens == Set(try #require(token.members).map(\.key)))
    }
}
