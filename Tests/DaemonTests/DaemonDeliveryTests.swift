import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonDeliveryTests {
    private let hook = DaemonUnderTest.hook
    private let ending = Settings.Token(id: "a", play: "expires = \"+1d\"")

    /// What shows that a daemon has looked at everything again: a change, told behind the rest.
    private func renameAndWait(_ daemon: DaemonUnderTest, to name: String) async throws {
        let last = daemon.told.last
        try daemon.sandbox.edit("a", json: "{\"name\": \"\(name)\"}")
        try await daemon.pollNow()
        _ = try await daemon.told("changed", "renamed", after: last)
        // Until it is written that the receiver has it, a crash would repeat it under its id.
        try await daemon.untilWaiting(0)
    }

    @Test func `nothing is sent twice after a restart, a crash, a reload and a refused reload`()
        async throws
    {
        let settings = Settings(ending)
        try await withDaemon(settings) { daemon in
            let raised = try await daemon.told("raised", "expiring")
            try await daemon.expectEverywhere(raised)
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            try await renameAndWait(daemon, to: "one")
            try await daemon.end(SIGKILL)
            try await daemon.start()
            try await renameAndWait(daemon, to: "two")
            #expect(try await daemon.command("reload").status == 0)
            try await renameAndWait(daemon, to: "three")
            try daemon.write("[daemon\n", to: daemon.configuration)
            #expect(try await daemon.command("reload").status == 78)
            try await renameAndWait(daemon, to: "four")
            let ofToken = daemon.told.filter { $0.token == "a" }.map(\.type)
            #expect(ofToken == ["expiring", "renamed", "renamed", "renamed", "renamed"])
            let ids = daemon.sandbox.received(hook).map { $0.header("webhook-id") }
            #expect(Set(ids).count == ids.count)
            #expect(daemon.log.all.filter { $0.contains("[expiring raised") }.count == 1)
            let alert = try await daemon.token()["alerts"]?[0]
            #expect(alert?["since"] == raised.json["since"])
        }
    }

    @Test func `what a dead webhook missed over a restart comes once, under the same id`()
        async throws
    {
        try await withDaemon(Settings(ending), starts: false) { daemon in
            var fault = Fault()
            fault.status = 503
            daemon.sandbox.setHook(hook, fault: fault)
            try await daemon.start()
            let hook = hook
            try await daemon.sandbox.wait { !$0.received(hook).isEmpty }
            let first = try #require(daemon.sandbox.received(hook).first)
            try await daemon.untilWaiting(1)
            #expect(try await daemon.end() == 0)
            daemon.sandbox.setHook(hook, fault: nil)
            try await daemon.start()
            _ = try await daemon.told("raised", "expiring")
            let ids = daemon.sandbox.received(hook).map { $0.header("webhook-id") }
            #expect(Set(ids).count == 1)
            #expect(daemon.sandbox.received(hook).last?.body == first.body)
            #expect(daemon.told.count == 1)
            // The log, which was well, is not told again.
            #expect(daemon.log.all.filter { $0.contains("expiring raised") }.count == 1)
        }
    }

    @Test func `a webhook that is busy is asked again later, and then has it once`()
        async throws
    {
        try await withDaemon(Settings(ending), starts: false) { daemon in
            var fault = Fault()
            fault.status = 503
            // Each more would take twice as long.
            fault.times = 1
            fault.retryAfter = "1"
            daemon.sandbox.setHook(hook, fault: fault)
            try await daemon.start()
            _ = try await daemon.told("raised", "expiring")
            let records = daemon.sandbox.received(hook)
            #expect(records.map(\.answered) == [503, 200])
            #expect(Set(records.map { $0.header("webhook-id") }).count == 1)
            #expect(Set(records.map(\.text)).count == 1)
            #expect(try await daemon.overview()["deliveries"]?["given_up"]?.integer == 0)
        }
    }

    @Test func `an answer that no retry mends is given up at once, visibly, and the next goes out`()
        async throws
    {
        try await withDaemon(Settings(ending), starts: false) { daemon in
            var fault = Fault()
            fault.status = 400
            fault.times = 1
            daemon.sandbox.setHook(hook, fault: fault)
            try await daemon.start()
            let hook = hook
            try await daemon.sandbox.wait { $0.received(hook).count == 1 }
            try await renameAndWait(daemon, to: "next")
            #expect(daemon.sandbox.received(hook).map(\.answered) == [400, 200])
            let deliveries = try await daemon.overview()["deliveries"]
            #expect(deliveries?["given_up"]?.integer == 1)
        }
    }

    @Test func `a redirect of a webhook is not followed`() async throws {
        try await withDaemon(Settings(ending), starts: false) { daemon in
            var fault = Fault()
            fault.status = 302
            fault.location = "/hooks/elsewhere"
            fault.times = 1
            daemon.sandbox.setHook(hook, fault: fault)
            try await daemon.start()
            let hook = hook
            try await daemon.sandbox.wait { $0.received(hook).count == 1 }
            try await renameAndWait(daemon, to: "next")
            #expect(daemon.sandbox.received("elsewhere").isEmpty)
        }
    }

    @Test func `a log daemon that comes late has what it missed`() async throws {
        var settings = Settings(ending)
        settings.channels = """
            [channels.late]
            type = "syslog"
            socket = "/tmp/twd-late"
            [channels.ops]
            type = "webhook"
            url = "http://127.0.0.1:1/hook"
            min_severity = "info"

            """
        try await withDaemon(settings, starts: false) { daemon in
            let place = "\(daemon.folder)/late"
            let text = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
            try daemon.write(
                text.replacingOccurrences(of: "/tmp/twd-late", with: place),
                to: daemon.configuration
            )
            try await daemon.start()
            try await daemon.token { $0["alerts"]?.elements?.count == 1 }
            let lines = Lines()
            let receiver = try SyslogReceiver(path: place) { lines.append($0) }
            let line = try await lines.first { $0.contains("expiring raised token=a") }
            #expect(line.hasPrefix("<26>"), "\(line)")
            withExtendedLifetime(receiver) {}
            // A dead webhook holds up nobody.
            try await daemon.untilWaiting(1)
        }
    }
}
