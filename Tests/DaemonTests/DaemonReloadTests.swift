import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import System
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonReloadTests {
    @Test func `a reload takes tokens in, lets them go and says what changed`() async throws {
        let going = Settings.Token(id: "b", play: "expires = \"+1d\"")
        var settings = Settings(.init(id: "a"), going, .init(id: "c"))
        try await withDaemon(settings) { daemon in
            let raised = try await daemon.told("raised", "expiring", of: "b")
            try await daemon.untilSeen("a")
            try daemon.sandbox.edit("d", json: #"{"secret": "s3cret-d"}"#)
            settings.tokens = [.init(id: "a", config: "owner = \"ops\""), .init(id: "c")]
            settings.tokens.append(.init(id: "d"))
            try daemon.configure(settings)
            let reload = try await daemon.command("reload")
            #expect(reload.status == 0)
            for words in ["1 added", "1 removed", "1 changed", "d", "b", "a"] {
                #expect(reload.output.contains(words), "\(reload.output)")
            }
            let resolved = try await daemon.told("resolved", "expiring", of: "b")
            #expect(resolved.alertID == raised.id)
            #expect(resolved.summary.contains("no longer watched"), "\(resolved.summary)")
            try await daemon.untilSeen("d")
            let words = try await daemon.events().map(\.words)
            #expect(words.filter { $0 == "changed forgotten b" }.count == 1)
            #expect(words.filter { $0 == "changed first_seen d" }.count == 1)
            #expect(words.filter { $0.hasPrefix("changed first_seen") }.count == 4)
            // First seen and forgotten are recorded, not delivered.
            #expect(daemon.told.map(\.type) == ["expiring", "expiring"])
            #expect(try await daemon.ask("GET", "/v1/tokens/b").status == 404)
            #expect(try await daemon.token("a")["owner"]?.string == "ops")
            #expect(try await daemon.command("status").status == 0)
        }
    }

    @Test func `the polls follow a new interval, by SIGHUP too`() async throws {
        var settings = Settings()
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            settings.polling = Settings.busy
            try daemon.configure(settings)
            try daemon.program.signal(SIGHUP)
            try await daemon.program.errors.first { $0.contains("reloaded: tokens: 0 added") }
            try await daemon.sandbox.wait { $0.requests(of: "a") >= 3 }
        }
    }

    @Test func `a bad configuration is refused with every error, and the old one goes on`()
        async throws
    {
        let settings = Settings(polling: Settings.busy)
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            let text = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
            try daemon.write(text + "\n[nonsense]\n[tokens.X]\n", to: daemon.configuration)
            let answer = try await daemon.ask("POST", "/v1/reload")
            #expect(answer.status == 422)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect((answer.json?["errors"]?.elements?.count ?? 0) >= 2)
            let reload = try await daemon.command("reload")
            #expect(reload.status == 78)
            #expect(reload.errors.contains("tokenwatchd.toml:"), "\(reload.errors)")
            #expect(reload.errors.contains("nonsense"), "\(reload.errors)")
            let error = try await daemon.overview()["config"]?["last_error"]?.string
            #expect(error?.contains("tokenwatchd.toml:") == true)
            // Commands find the socket by the same files, whatever else is wrong in them.
            #expect(try await daemon.offline("status").output.contains("1 token"))
            #expect(try await daemon.offline("check").output.contains("1 token"))
            let named = try await daemon.offline("reload")
            #expect(named.status == 78 && named.errors.contains("nonsense"), "\(named.errors)")
            let polls = daemon.sandbox.record.total
            try await daemon.sandbox.wait { $0.total > polls }
            try daemon.configure(settings)
            #expect(try await daemon.command("reload").status == 0)
            #expect(try await daemon.overview()["config"]?["last_error"]?.isNull == true)
        }
    }

    @Test func `a secret that cannot be used fails a reload, with the place that names it`()
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            chmod(daemon.secretFile("a"), 0o644)
            let reload = try await daemon.command("reload")
            #expect(reload.status == 78)
            let place = #/tokenwatchd\.toml:\d+:\d+: /#
            #expect(reload.errors.contains(place), "\(reload.errors)")
            #expect(reload.errors.contains("chmod 0600 \(daemon.secretFile("a"))"))
            let check = try await daemon.offline("check-config")
            #expect(check.status == 78)
            #expect(check.errors.contains(place), "\(check.errors)")
            #expect(try await daemon.offline("check-config", "--no-secrets").status == 0)
            chmod(daemon.secretFile("a"), 0o600)
            #expect(try await daemon.command("reload").status == 0)
        }
    }

    @Test func `a stricter policy raises at the reload, and a laxer one resolves`() async throws {
        var settings = Settings()
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            settings.policy = "must_expire = true\nwarn_before = [\"100d\"]"
            try daemon.configure(settings)
            #expect(try await daemon.command("reload").status == 0)
            let raised = try await daemon.told("raised", "expiring")
            #expect(raised.details["stage"]?.string == "100d")
            settings.policy = ""
            try daemon.configure(settings)
            #expect(try await daemon.command("reload").status == 0)
            let resolved = try await daemon.told("resolved", "expiring")
            #expect(resolved.alertID == raised.id)
            #expect(daemon.sandbox.record.total == 1)
        }
    }

    @Test func `a reload neither delays a poll that is tried again, nor asks a host that is held`()
        async throws
    {
        try await withDaemon(Settings(polling: #"interval = "30d""#)) { daemon in
            try await daemon.untilSeen()
            try daemon.sandbox.edit("a", json: #"{"fault": {"status": 503}}"#)
            try await daemon.pollNow()
            try await daemon.token { $0["last_outcome"]?.string == "server_error" }
            #expect(try await daemon.command("reload").status == 0)
            let planned = try #require(try await daemon.token()["next_poll_at"]?.string)
            let soon = SystemClock.now().instant + .minutes(2)
            #expect(try #require(Instant(text: planned)) < soon)
            let held = #"{"fault": {"status": 429, "retry_after": "600"}}"#
            try daemon.sandbox.edit("a", json: held)
            try await daemon.pollNow()
            try await daemon.token { $0["last_outcome"]?.string == "rate_limited" }
            #expect(try await daemon.command("reload").status == 0)
            let poll = try await daemon.ask("GET", "/v1/tokens/a/explain").json?["poll"]
            #expect(poll?["reason"]?.string == "rate_limited")
        }
    }

    @Test func `what waits for the next start is said at every reload until it is taken back`()
        async throws
    {
        var settings = Settings()
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            settings.daemon = #"log_level = "debug""#
            try daemon.configure(settings)
            for _ in 0..<2 {
                let reload = try await daemon.command("reload")
                #expect(reload.output.contains("daemon.log_level was changed"), "\(reload.output)")
            }
            settings.daemon = ""
            try daemon.configure(settings)
            let reload = try await daemon.command("reload")
            #expect(!reload.output.contains("log_level"), "\(reload.output)")
        }
    }
}
