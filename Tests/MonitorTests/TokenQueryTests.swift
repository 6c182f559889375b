import Alerting
import Formats
import Testing

@testable import Monitor

/// Which tokens a request lists.
struct TokenQueryTests {
    private func query(_ text: String) throws -> TokenQuery {
        let line = "GET /v1/tokens?\(text) HTTP/1.1\r\nHost: a\r\n\r\n"
        return try TokenQuery(HTTPServerParserTests.request(line))
    }

    private func detail(_ text: String) -> String? {
        do {
            _ = try query(text)
            return nil
        } catch { return (error as? BadRequest)?.detail ?? "\(error)" }
    }

    private func snapshot(_ number: Int, expiry: Expiry) throws -> TokenSnapshot {
        var state = TokenState()
        state.known = Facts(expiry: expiry)
        let provider = TokenProvider(name: "vps.org", host: "admin.vps.org")
        return TokenSnapshot(
            settings: TokenSettings(
                id: try token("t\(100 + number)"),
                provider: provider,
                policy: Policy()
            ),
            state: state,
            plan: PollPlan(stage: .ready),
            at: noon
        )
    }

    @Test func `a query says in which states, and how many of the nearest expiries`() throws {
        #expect(try query("state=critical,unknown").states == [.critical, .unknown])
        #expect(try query("attention=1").needsAttention)
        #expect(try query("sort=expires").nearestExpiries == 1000)
        #expect(try query("sort=expires&limit=5").nearestExpiries == 5)
        #expect(try query("state=ok").nearestExpiries == nil)
    }

    @Test func `a query says which fields a token has, in the order of the token object`() throws {
        let token = try snapshot(1, expiry: .never)
        func keys(_ fields: [TokenField]) throws -> [String] {
            let json = try JSONValue(parsing: token.json(at: noon, fields: fields))
            return json.members?.map(\.key) ?? []
        }
        let some = try query("fields=expiry,id,state,id").fields
        #expect(try keys(some) == ["id", "state", "expiry"])
        #expect(try keys(query("state=ok").fields) == TokenField.allCases.map(\.rawValue))
        #expect(
            detail("fields=id,secret")?.hasPrefix(
                "fields has \"secret\"; it must be some of id, inventory, lists, "
            ) == true
        )
    }

    @Test func `what a query cannot mean is rejected with what is allowed`() {
        #expect(detail("sort=name") == "sort is \"name\"; it must be expires")
        #expect(detail("limit=5") == "limit needs sort=expires")
        #expect(detail("attention=0")?.hasSuffix("it must be a number, 1 to 1") == true)
        #expect(
            detail("state=critical,") == "state has \"\"; it must be some of critical, warning, "
                + "unknown, ok, with commas between them"
        )
    }

    @Test func `the nearest expiries are those of all tokens in their order`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(state: seed)
        for _ in 0..<50 {
            let tokens = try (0..<40).map { number in
                let isOpen = Int.random(in: 0..<4, using: &random) == 0
                let days = Int64.random(in: 0..<20, using: &random)
                return try snapshot(number, expiry: isOpen ? .never : .at(noon + .days(days)))
            }
            let limit = Int.random(in: 1...40, using: &random)
            var nearest = NearestExpiries(limit: limit)
            for token in tokens { nearest.note(token) }
            let expected =
                tokens.compactMap { token -> (Instant, TokenID)? in
                    guard case .at(let instant)? = token.state.known?.expiry else { return nil }
                    return (instant, token.settings.id)
                }
                .sorted { $0 < $1 }.prefix(limit).map { $0.1 }
            #expect(nearest.tokens.map(\.settings.id) == expected, "seed \(seed)")
        }
    }
}
