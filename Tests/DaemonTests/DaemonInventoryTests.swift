import Alerting
import Formats
import HTTP
import Sandbox
import Synchronization
import System
import Testing

/// A provider that lists tokens, two a page.
private final class ListProvider: Sendable {
    struct State: Sendable {
        /// Id, name and the time from now to the expiry.
        var rows: [(id: Int, name: String, left: Duration)] = []
        /// What pages from `fails` on are answered with.
        var status = 200
        var fails = 1
    }

    private let answers = ListAnswers()
    private let server: HTTPServer
    private let socket: ListeningSocket

    init() async throws {
        let answers = answers
        socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        server = HTTPServer(limits: HTTPLimits()) { answers.answer($0) }
        try await server.serve(listener: socket)
    }

    func change(_ body: (inout State) -> Void) { answers.state.withLock { body(&$0) } }

    func stop() async { await server.stop() }

    /// The tables of an inventory that is read here.
    func tables(_ lines: String) -> String {
        """
        [providers.lister]
        base = "https://lister.example"
        url = "{base}/tokens"
        headers = { Authorization = "Bearer {secret}" }
        dead_status = [401]
        list.rows = "/tokens"
        list.id = "/id"
        list.next = { page = "page" }
        list.fields.name = "/name"
        list.fields.expires = "/expires_at"
        [inventories.team]
        provider = "lister"
        base_url = "http://127.0.0.1:\(socket.port ?? 0)"
        secret = "admin-s3cret-1"
        owner = "platform"
        \(lines)

        """
    }
}

/// What the list's server says.
private final class ListAnswers: Sendable {
    let state = Mutex(ListProvider.State())

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        let state = state.withLock { $0 }
        let page = request.query("page").flatMap { Int($0) } ?? 1
        guard state.status == 200 || page < state.fails else {
            return HTTPResponse(status: state.status)
        }
        let now = SystemClock.now().instant
        let rows = state.rows.dropFirst((page - 1) * 2).prefix(2).map { row in
            #"{"id":\#(row.id),"name":"\#(row.name)","expires_at":"\#((now + row.left).rfc3339)"}"#
        }
        let body = #"{"tokens":[\#(rows.joined(separator: ","))]}"#
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", "application/json")],
            body: .bytes(Array(body.utf8))
        )
    }
}

/// An inventory through the built program.
@Suite(.timeLimit(.minutes(2)))
struct DaemonInventoryTests {
    private func withInventory(
        _ lines: String = "",
        _ body: (DaemonUnderTest, ListProvider) async throws -> Void
    ) async throws {
        let provider = try await ListProvider()
        provider.change { state in
            state.rows = (1...3).map { ($0, "ci-\($0)", .days(90)) } + [(42, "near", .days(2))]
        }
        var settings = Settings()
        settings.tokens = []
        settings.more = provider.tables(lines)
        try await withDaemon(settings) { daemon in
            _ = try await listed(daemon, 4)
            try await body(daemon, provider)
        }
        await provider.stop()
    }

    /// The ids of the listed tokens, once there are so many.
    private func listed(_ daemon: DaemonUnderTest, _ count: Int) async throws -> [String] {
        try await eventually {
            let all = try #require(try await daemon.ask("GET", "/v1/tokens").json?.elements)
            let listed = all.filter { $0["inventory"]?.string == "team" }
            return listed.count == count ? listed.compactMap { $0["id"]?.string } : nil
        }
    }

    @Test func `a listed token has an object, a history, an explanation, metrics and commands`()
        async throws
    {
        try await withInventory { daemon, _ in
            let told = try await daemon.told("raised", "expiring", of: "team/42")
            #expect(told.severity == "critical")
            try await daemon.expectEverywhere(told)
            let token = try await daemon.token("team%2F42")
            #expect(token["id"]?.string == "team/42" && token["owner"]?.string == "platform")
            #expect(token["last_outcome"]?.string == "ok")
            #expect(
                try await daemon.token("team")["lists"]?.integer == 4
                    && token["lists"]?.isNull == true
            )
            #expect(try await daemon.command("status", "team").output.contains("4 tokens"))
            let history = try await daemon.ask("GET", "/v1/tokens/team%2F42/history").json
            #expect(history?.elements?.first?["type"]?.string == "first_seen")
            #expect(try await daemon.ask("GET", "/metrics").text.contains("token=\"team/42\""))
            #expect(try await daemon.ask("GET", "/v1/expiries.ics").text.contains("team/42"))
            for word in ["status", "explain", "history", "check"] {
                let outcome = try await daemon.command(word, "team/42")
                #expect(outcome.output.contains("team/42"), "\(word): \(outcome)")
            }
            #expect(try await daemon.command("ack", "team/42", "--reason", "known").status == 0)
            let simulated = try await daemon.offline("simulate", "--days", "5")
            #expect(simulated.output.contains("team/42"), "\(simulated)")
            let polled = try await daemon.offline("poll", "team/42", "team/7")
            #expect(polled.output.contains("listed by team"), "\(polled)")
            #expect(polled.output.contains("the list of team does not have it"), "\(polled)")
            #expect(polled.status == 2)
            let checked = try await daemon.offline("check-config")
            #expect(checked.output.contains("0 tokens, 1 inventory"), "\(checked)")
        }
    }

    @Test func `a list that fails changes nothing, and a whole one decides`() async throws {
        try await withInventory("report_new = true") { daemon, provider in
            provider.change { ($0.status, $0.rows) = (503, []) }
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            try await daemon.pollNow("team")
            #expect(try await listed(daemon, 4).contains("team/1"))
            // A reload keeps them, too.
            #expect(try await daemon.command("reload").status == 0)
            #expect(try await listed(daemon, 4).contains("team/1"))
            // The first page is without token 1, and the second one fails.
            provider.change { state in
                state.fails = 2
                state.rows = [(2, "ci-2", .days(90)), (99, "undeclared", .days(60))]
            }
            try await daemon.pollNow("team")
            let new = try await daemon.told("changed", "first_seen", of: "team/99")
            #expect(new.severity == "warning")
            #expect(try await listed(daemon, 5).contains("team/1"))
            let admin = try await daemon.token("team")
            #expect(admin["last_error"]?.string?.contains("page 2 of the list") == true)

            provider.change { state in
                state.status = 200
                state.rows += [(3, "ci-3", .days(90)), (42, "near", .days(2))]
            }
            try await daemon.pollNow("team%2F2")
            let left = try await daemon.told("changed", "left_list", of: "team/1")
            #expect(left.summary.contains("revoked or deleted"), "\(left.summary)")
            #expect(
                try await listed(daemon, 4) == ["team/2", "team/3", "team/42", "team/99"]
            )
        }
    }

    @Test func `a rejected administrator's token is one alert, and its tokens count down`()
        async throws
    {
        try await withInventory { daemon, provider in
            _ = try await daemon.told("raised", "expiring", of: "team/42")
            provider.change { $0.status = 401 }
            try await daemon.pollNow("team")
            let rejected = try await daemon.told("raised", "rejected", of: "team")
            try await daemon.expectEverywhere(rejected)
            #expect(try await listed(daemon, 4).contains("team/1"))
            let near = try await daemon.token("team%2F42")
            // How the list was read last is shown with each of its tokens.
            #expect(near["last_outcome"]?.string == "rejected")
            #expect(near["state"]?.string == "critical")
            #expect(near["expires_in_s"]?.integer ?? 0 > 0)
            #expect(daemon.told.filter { $0.type == "rejected" }.map(\.words) == [rejected.words])
        }
    }
}
