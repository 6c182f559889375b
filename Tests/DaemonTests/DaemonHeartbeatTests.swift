import Alerting
import Foundation
import Sandbox
import Testing

@testable import Formats
@testable import Monitor
@testable import Store

/// The daemon with a dead man's switch that records its pings.
@Suite(.timeLimit(.minutes(2)))
struct DaemonHeartbeatTests {
    private static let path = "b34t-path-s3cret"

    /// Has the daemon's configuration name a switch of the stand-in.
    private func configure(_ daemon: DaemonUnderTest, _ name: String) throws {
        var settings = Settings()
        let file = daemon.secretFile("beat-\(name)")
        try daemon.write("\(daemon.sandbox.baseURL)/pings/\(name)\n", to: file)
        settings.more = "[heartbeat]\nurl_file = \"\(file)\"\nevery = \"1s\"\n"
        try daemon.configure(settings)
    }

    @Test func `a switch is told while all is well, and not while the state cannot be written`()
        async throws
    {
        try await withDaemon(starts: false) { daemon in
            let path = Self.path
            try configure(daemon, path)
            try await daemon.start()
            try await daemon.sandbox.wait { $0.received(path).count >= 2 }
            #expect(daemon.sandbox.received(path).allSatisfy { $0.method == "GET" })
            #expect(try await daemon.ask("GET", "/healthz").status == 200)

            // Another program that writes the database, and does not come to an end.
            let other = try Connection(path: "\(daemon.state)/state.db", mode: .readWrite)
            try other.execute("BEGIN IMMEDIATE", for: "testing")
            try daemon.sandbox.edit("a", json: "{\"name\": \"new\"}")
            try await daemon.pollNow()
            let stop = "warning: the heartbeat stops: the state cannot be written: "
            try await daemon.program.errors.first { $0.contains(stop) }
            let told = daemon.sandbox.received(path).count
            let health = try await daemon.ask("GET", "/healthz")
            #expect(health.status == 503)
            let detail = try #require(health.json?["detail"]?.string)
            #expect(detail.hasPrefix("the state cannot be written: "), "\(detail)")

            let released = daemon.sandbox.now
            try other.execute("ROLLBACK", for: "testing")
            try await daemon.program.errors.first { $0.contains("the heartbeat resumed") }
            #expect(daemon.sandbox.received(path)[told].receivedAt >= released)
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(!daemon.errors.contains(path))
        }
    }

    @Test func `a reload has another switch told, and one that does not hear is logged`()
        async throws
    {
        try await withDaemon(starts: false) { daemon in
            let (old, new) = (Self.path, Self.path + "-2")
            try configure(daemon, old)
            var fault = Fault()
            fault.status = 404
            fault.times = 1
            daemon.sandbox.setHook(old, fault: fault)
            try await daemon.start()
            let failed = try await daemon.program.errors.first {
                $0.contains("the heartbeat failed")
            }
            let place = daemon.sandbox.baseURL.dropFirst("http://".count)
            #expect(failed.hasSuffix("the heartbeat failed: \(place) answered 404"))
            try await daemon.program.errors.first { $0.contains("the heartbeat resumed") }

            try configure(daemon, new)
            #expect(try await daemon.command("reload").status == 0)
            try await daemon.sandbox.wait { $0.received(new).count == 1 }
            let told = daemon.sandbox.received(old).count
            try await daemon.sandbox.wait { $0.received(new).count == 3 }
            #expect(daemon.sandbox.received(old).count == told)

            try daemon.write("ftp://\(new)\n", to: daemon.secretFile("beat-\(new)"))
            let refused = try await daemon.command("reload")
            #expect(refused.status == 78)
            #expect(refused.errors.contains("heartbeat.url"), "\(refused.errors)")
            #expect(!(refused.errors + daemon.errors).contains(old))
        }
    }

    @Test func `pings that fail twice in a row are an alert, which a good one ends`() async throws {
        try await withDaemon(starts: false) { daemon in
            let path = Self.path
            try configure(daemon, path)
            try await daemon.start()
            try await daemon.sandbox.wait { !$0.received(path).isEmpty }
            var fault = Fault()
            fault.status = 404
            daemon.sandbox.setHook(path, fault: fault)
            let raised = try await daemon.told("raised", "heartbeat_failing", of: "-")
            #expect(raised.severity == "warning")
            #expect(raised.summary.hasSuffix("answered 404"), "\(raised.summary)")
            #expect(!raised.text.contains(path))
            let failed = try await daemon.command("test-notify", "heartbeat")
            #expect(
                failed.status == 1 && failed.output.contains("heartbeat  failed"),
                "\(failed.output)"
            )

            daemon.sandbox.setHook(path, fault: nil)
            let end = try await daemon.told("resolved", "heartbeat_failing", of: "-", after: raised)
            #expect(end.alertID == raised.id)
            let tested = try await daemon.command("test-notify")
            #expect(
                tested.status == 0 && tested.output.contains("heartbeat  delivered"),
                "\(tested.output)"
            )
        }
    }

    @Test func `a heartbeat that is taken away has no alert`() async throws {
        try await withDaemon(starts: false) { daemon in
            let path = Self.path
            try configure(daemon, path)
            var fault = Fault()
            fault.status = 500
            daemon.sandbox.setHook(path, fault: fault)
            try await daemon.start()
            let raised = try await daemon.told("raised", "heartbeat_failing", of: "-")
            try daemon.configure(Settings())
            #expect(try await daemon.command("reload").status == 0)
            let end = try await daemon.told("resolved", "heartbeat_failing", of: "-", after: raised)
            #expect(end.summary.hasSuffix("the heartbeat was removed"), "\(end.summary)")
        }
    }
}
