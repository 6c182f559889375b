import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import Testing

/// Lists of tokens, read by the built program over HTTP.
@Suite(.timeLimit(.minutes(2)))
struct DaemonListTests {
    struct Style: Sendable, CustomTestStringConvertible {
        let name: String
        let settings: String
        /// Requests for five rows in pages of two.
        let requests: Int

        var testDescription: String { name }
    }

    private static let styles = [
        Style(name: "gitlab-group", settings: #"group = "platform""#, requests: 3),
        // The last page of a list that is counted has no rows.
        Style(name: "cloudflare-tokens", settings: "", requests: 4),
        Style(name: "nomad-tokens", settings: "", requests: 3),
    ]

    private func settings(_ style: Style, polling: String = Settings.busy) -> Settings {
        var settings = Settings(polling: polling)
        settings.tokens = []
        settings.more = """
            [tokens.admin]
            provider = "\(style.name)"
            secret = "admin-secret-1"
            base_url = "{sandbox}/list/admin"
            \(style.settings)

            """
        return settings
    }

    /// Makes a list of five tokens.
    private func fill(_ sandbox: SandboxServer, _ style: Style) throws {
        for number in 1...5 {
            try sandbox.edit(
                "ci-\(number)",
                json: #"{"secret":"ci-secret-\#(number)","expires":"+90d"}"#
            )
        }
        try sandbox.edit("other", json: #"{"secret":"other-secret"}"#)
        try sandbox.editList(
            "admin",
            json: #"""
                {"style":"\#(style.name)","secret":"admin-secret-1","prefix":"ci-","page_size":2}
                """#
        )
    }

    private func poll(_ daemon: DaemonUnderTest) async throws -> JSONValue {
        let outcome = try await daemon.offline("poll", "--json")
        let tokens = try JSONValue(parsing: Array(outcome.output.utf8)).elements
        return try #require(tokens?.first, "\(outcome.errors)")
    }

    @Test(arguments: styles)
    func `a list is read to its end, each page once`(style: Style) async throws {
        try await withDaemon(settings(style), starts: false) { daemon in
            try fill(daemon.sandbox, style)
            let token = try await poll(daemon)
            #expect(token["last_outcome"]?.string == "ok", "\(token)")
            #expect(daemon.sandbox.record.requests["admin"] == style.requests)
        }
    }

    @Test(arguments: styles)
    func `an outage in the middle of a list fails the poll, and names the page`(
        style: Style
    ) async throws {
        try await withDaemon(settings(style), starts: false) { daemon in
            try fill(daemon.sandbox, style)
            try daemon.sandbox.editList("admin", json: #"{"fault":{"status":503},"fault_page":2}"#)
            let token = try await poll(daemon)
            #expect(token["last_outcome"]?.string == "server_error")
            #expect(
                token["last_error"]?.string?
                    .hasPrefix("page 2 of the list: 503 Service Unavailable") == true
            )
            #expect(daemon.sandbox.record.requests["admin"] == 2)
        }
    }

    @Test func `the daemon reads a list at every poll, and says which page failed`() async throws {
        let style = Self.styles[0]
        try await withDaemon(settings(style), starts: false) { daemon in
            try fill(daemon.sandbox, style)
            try await daemon.start()
            try await daemon.sandbox.wait { $0.requests["admin", default: 0] >= 6 }
            try daemon.sandbox.editList("admin", json: #"{"fault":{"body":"html"},"fault_page":3}"#)
            let event = try await daemon.told("raised", "malformed", of: "admin")
            #expect(event.summary.contains("page 3 of the list"), "\(event.summary)")
            try daemon.sandbox.editList("admin", json: #"{"fault":"none"}"#)
            _ = try await daemon.told("resolved", "malformed", of: "admin")
        }
    }

    @Test func `a list that the provider puts off goes on with the page that it put off`()
        async throws
    {
        let style = Self.styles[0]
        try await withDaemon(settings(style, polling: #"interval = "1h""#), starts: false) {
            daemon in
            try fill(daemon.sandbox, style)
            try daemon.sandbox.editList("admin", json: #"{"fault":{"status":429},"fault_page":2}"#)
            try await daemon.start()
            try await daemon.token("admin") { $0["last_outcome"]?.string == "rate_limited" }
            try daemon.sandbox.editList("admin", json: #"{"fault":"none"}"#)
            try await daemon.pollNow("admin")
            try await daemon.token("admin") { $0["last_outcome"]?.string == "ok" }
            // Pages 1, 2, and then 2 and 3.
            #expect(daemon.sandbox.record.requests["admin"] == 4)
        }
    }

    @Test func `fifty thousand rows are listed`() async throws {
        let style = Self.styles[0]
        try await withDaemon(settings(style), starts: false) { daemon in
            try fill(daemon.sandbox, style)
            try daemon.sandbox.editList(
                "admin",
                json: #"{"page_size":10000,"generated":49995}"#
            )
            let token = try await poll(daemon)
            #expect(token["last_outcome"]?.string == "ok", "\(token)")
            #expect(daemon.sandbox.record.requests["admin"] == 5)
        }
    }
}
