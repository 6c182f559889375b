import Foundation
import Monitor
import Sandbox
import Testing

/// The first lines of the page while something is wrong.
@Suite(.timeLimit(.minutes(2)))
struct DaemonPageTroubleTests {
    private func settings(_ tokens: [Settings.Token], port: UInt16) -> Settings {
        var settings = Settings()
        settings.tokens = tokens
        settings.daemon = "listen = \"127.0.0.1:\(port)\""
        return settings
    }

    private func page(_ port: UInt16) async throws -> RawAnswer {
        try await exchange(port: port, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    }

    /// The ids of the rows from top to bottom.
    private func rows(_ text: String) -> [String] {
        text.matches(of: /id="token-([^"]*)"/).map { String($0.1) }
    }

    @Test func `while every poll fails the page does not say that nothing is wrong`()
        async throws
    {
        let port = try freePort()
        let tokens: [Settings.Token] = [
            .init(id: "a"), .init(id: "b", config: "base_url = \"http://127.0.0.1:1\""),
        ]
        try await withDaemon(settings(tokens, port: port)) { daemon in
            try await daemon.untilSeen("a")
            try await daemon.untilPolled(2)
            var text = try await page(port).text
            #expect(text.contains("The last poll of 1 token failed."), "\(text)")
            #expect(text.contains("No alerts."))
            #expect(rows(text) == ["b", "a"])
            try daemon.sandbox.edit("a", json: #"{"fault": {"status": 503}}"#)
            try await daemon.pollNow("a")
            try await daemon.untilPolled(3)
            text = try await page(port).text
            #expect(text.contains("The last poll of 2 tokens failed."), "\(text)")
            #expect(text.contains(#"<span class="chip">poll failed: server_error</span>"#))
            for lie in ["Nothing is wrong", "fine"] { #expect(!text.contains(lie), "\(lie)") }
        }
    }

    @Test func `a daemon in trouble says so first, and why`() async throws {
        let port = try freePort()
        var settings = settings([.init(id: "a")], port: port)
        settings.channels = """
            [channels.log]
            type = "syslog"
            socket = "/nowhere/log"

            """
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            try daemon.write("nonsense", to: daemon.configuration)
            _ = try await daemon.command("reload")
            let text = try await page(port).text
            #expect(text.contains("All") == false)
            #expect(text.contains("The token is fine. Hosts and the daemon have 1 alert."))
            #expect(text.contains("the configuration was rejected, the old one is in use"))
            #expect(text.contains(#"<p class="verdict warning">"#))
        }
    }
}
