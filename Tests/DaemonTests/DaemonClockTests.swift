import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import System
import Testing

/// Wrong clocks: the provider's, and this machine's.
@Suite(.timeLimit(.minutes(2)))
struct DaemonClockTests {
    @Test func `a provider's clock that differs is said once, and its end is`() async throws {
        try await withDaemon(Settings(Settings.Token(id: "a"), polling: Settings.busy)) { daemon in
            try await daemon.untilSeen()
            daemon.sandbox.setClock(offset: .seconds(600))
            let raised = try await daemon.told("raised", "clock_wrong", of: "-")
            #expect(raised.severity == "warning")
            #expect(raised.json["subject"]?.string == "daemon")
            // Two clocks differ, and what the kernel knows of this one decides.
            let isRight = SystemClock.isSynchronised(showing: SystemClock.now().instant)
            #expect(raised.summary.contains("127.0.0.1"), "\(raised.summary)")
            #expect(raised.details["believed"]?.string == (isRight ? "local" : "hosts"))
            daemon.sandbox.setClock(offset: .zero)
            let end = try await daemon.told("resolved", "clock_wrong", of: "-", after: raised)
            #expect(end.alertID == raised.id)
            try await daemon.untilWaiting(0)
            #expect(daemon.told.count == 2)
        }
    }

    @Test(
        .enabled(if: FakeClock.isInstalled, "the package libfaketime is not installed"),
        arguments: [60, -60]
    )
    func `a wrong clock at the start is corrected by the provider's: nothing expires`(
        _ days: Int
    )
        async throws
    {
        var settings = Settings(
            Settings.Token(id: "a", play: "permissions = [\"dns:list\"]\nexpires = \"+40d\""),
            Settings.Token(id: "b")
        )
        settings.policy = "remind = \"1d\""
        try await withDaemon(settings) { daemon in
            for id in ["a", "b"] { try await daemon.untilSeen(id) }
            #expect(try await daemon.end() == 0)
            let program = try daemon.launch(environment: FakeClock.environment(days: days, daemon))
            try await program.errors.first { $0.contains(" watches ") }
            let raised = try await daemon.told("raised", "clock_wrong", of: "-")
            #expect(raised.details["believed"]?.string == "none")
            let reminded = try await daemon.told("reminded", "clock_wrong", of: "-", after: raised)
            #expect(reminded.details["believed"]?.string == "hosts")
            try await daemon.pollNow()
            #expect(try await daemon.token()["alerts"]?.elements?.count == 0)
            let left = try await daemon.token()["expires_in_s"]?.integer ?? 0
            #expect((39 * 86_400..<41 * 86_400).contains(left))
            let status = try await daemon.command("status").output
            #expect(status.hasPrefix("This machine's clock is wrong, "), "\(status)")
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(try await daemon.end() == 0)
            // The clock is right again.
            try await daemon.start()
            let end = try await daemon.told("resolved", "clock_wrong", of: "-", after: raised)
            #expect(end.alertID == raised.id)
            try await daemon.untilSeen("b")
            try await daemon.untilWaiting(0)
            #expect(daemon.told.map(\.type) == Array(repeating: "clock_wrong", count: 3))
        }
    }

    @Test(.enabled(if: FakeClock.isInstalled, "the package libfaketime is not installed"))
    func `a machine that was off for long goes on as soon as a provider's clock agrees`()
        async throws
    {
        let settings = Settings(Settings.Token(id: "a", play: "expires = \"+80d\""))
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            #expect(try await daemon.end() == 0)
            daemon.sandbox.setClock(offset: .seconds(70 * 86_400))
            try daemon.sandbox.edit("a", json: #"{"expires": "+10d"}"#)
            let program = try daemon.launch(environment: FakeClock.environment(days: 70, daemon))
            try await program.errors.first { $0.contains(" watches ") }
            let raised = try await daemon.told("raised", "clock_wrong", of: "-")
            _ = try await daemon.told("resolved", "clock_wrong", of: "-", after: raised)
            _ = try await daemon.told("raised", "expiring", of: "a", after: raised)
        }
    }
}

/// A wall clock that is wrong, for one process.
enum FakeClock {
    private static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    static let isInstalled = access(library, R_OK) == 0

    static func environment(days: Int, _ daemon: DaemonUnderTest) -> [String: String] {
        // The library takes the place of the one that shifts the clock of all tests.
        let seconds = days * 86_400 + ShiftedClock.seconds
        return [
            "LD_PRELOAD": library, "FAKETIME": "\(seconds < 0 ? "" : "+")\(seconds)",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            // Swift does not find its arguments below this library.
            "CONFIGURATION_DIRECTORY": daemon.folder,
        ]
    }
}
