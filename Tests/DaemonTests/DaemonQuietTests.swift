import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import System
import Testing

/// Quiet hours in the time zone of the process, through the binary.
@Suite(.timeLimit(.minutes(2)))
struct DaemonQuietTests {
    /// Hours that began an hour ago and end in three, by a clock on the wall that is ahead of UTC.
    private func quiet(ahead: Int64) -> String {
        let now = SystemClock.now().instant + .hours(ahead)
        let times = [now - .hours(1), now + .hours(3)].map { instant in
            let time = CivilTime(instant)
            var text = ""
            text.append(padded: time.hour, to: 2)
            text += ":"
            text.append(padded: time.minute, to: 2)
            return text
        }
        return times.joined(separator: "-")
    }

    private func start(_ daemon: DaemonUnderTest, zone: String) async throws {
        let program = try daemon.launch(environment: ["TZ": zone])
        try await program.errors.first { $0.contains(" watches ") }
    }

    @Test func `at night a channel gets what is critical, and the rest when the hours end`()
        async throws
    {
        var settings = Settings(
            Settings.Token(id: "a", play: "expires = \"+6d\""),
            Settings.Token(id: "b", play: "expires = \"+1d\"")
        )
        settings.webhook = "quiet = \"\(quiet(ahead: 5))\""
        let began = SystemClock.now().instant
        try await withDaemon(settings, starts: false) { daemon in
            // POSIX counts to the west: https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html
            try await start(daemon, zone: "TST-5")
            _ = try await daemon.told("raised", "expiring", of: "b")
            _ = try await daemon.token("a") { $0["state"]?.string == "warning" }
            try await daemon.untilWaiting(1)
            #expect(daemon.told.map(\.words) == ["raised expiring b"])
            let waiting = try #require(
                try await daemon.ask("GET", "/v1/deliveries").json?["waiting"]?[0]
            )
            let next = try #require(
                waiting["next_attempt_at"]?.string.flatMap { Instant(text: $0) }
            )
            #expect(next > began + .hours(2) && next <= began + .hours(4), "\(next.rfc3339)")
            #expect(try await daemon.ask("GET", "/healthz").status == 200)

            settings.webhook = ""
            try daemon.configure(settings)
            #expect(try await daemon.command("reload").status == 0)
            _ = try await daemon.told("raised", "expiring", of: "a")
            try await daemon.untilWaiting(0)
        }
    }

    @Test func `what began and ended at night is withdrawn, and in another zone it is day`()
        async throws
    {
        var settings = Settings(Settings.Token(id: "a", play: "expires = \"+6d\""))
        settings.webhook = "quiet = \"\(quiet(ahead: 5))\""
        try await withDaemon(settings, starts: false) { daemon in
            try await start(daemon, zone: "TST-5")
            try await daemon.untilWaiting(1)
            try daemon.sandbox.edit("a", json: #"{"expires": "+90d"}"#)
            try await daemon.pollNow()
            // What is shown is committed a little later.
            try await eventually {
                try await daemon.events().contains { $0.words == "resolved expiring a" }
            }
            // The change of the expiry is what is left.
            try await daemon.untilWaiting(1)
            try await daemon.end()
            try await start(daemon, zone: "TST+5")
            try await daemon.untilWaiting(0)
            #expect(daemon.told.map(\.words) == ["changed expiry_changed a"])
        }
    }
}
