import Formats
import Monitor
import Sandbox
import Testing

/// Reminders, end to end through the binary: what holds of a host or of the daemon is
/// reminded of, as what holds of a token is (`ConditionTableTests.swift`).
@Suite(.timeLimit(.minutes(2)))
struct DaemonReminderTests {
    private static let ids = ["a", "b", "c", "d", "e"]

    private static func settings(_ policy: String = "") -> Settings {
        var settings = Settings(polling: Settings.busy)
        settings.tokens = ids.map { Settings.Token(id: $0) }
        settings.policy = "remind = \"1s\"\n" + policy
        return settings
    }

    /// A daemon whose tokens were seen, and one life of a condition: raised, reminded of, resolved.
    private func expectReminders(
        of condition: String,
        _ subject: String,
        in settings: Settings = settings(),
        provoke: @escaping @Sendable (DaemonUnderTest) async throws -> Void,
        mend: @escaping @Sendable (DaemonUnderTest) async throws -> Void
    ) async throws {
        try await withDaemon(settings) { daemon in
            for id in Self.ids { try await daemon.untilSeen(id) }
            try await provoke(daemon)
            let raised = try await daemon.told("raised", condition, of: "-")
            #expect(raised.secondsToReminder == 1, "\(raised.text)")
            let first = try await daemon.told("reminded", condition, of: "-", after: raised)
            let second = try await daemon.told("reminded", condition, of: "-", after: first)
            for reminded in [first, second] {
                #expect(reminded.isAbout(raised), "\(reminded.text)")
                #expect(reminded.severity == raised.severity, "\(reminded.text)")
                #expect(reminded.secondsToReminder == 1, "\(reminded.text)")
                #expect(reminded.json["subject"]?.string == subject, "\(reminded.text)")
            }
            try await mend(daemon)
            let resolved = try await daemon.told("resolved", condition, of: "-", after: second)
            #expect(resolved.isAbout(raised), "\(resolved.text)")
            #expect(resolved.json["next_reminder_at"]?.isNull == true, "\(resolved.text)")
            #expect(resolved.details["mended"]?.string?.isEmpty == false, "\(resolved.text)")
        }
    }

    private static func edit(_ json: String) -> @Sendable (DaemonUnderTest) async throws -> Void {
        { daemon in
            for id in ids { try daemon.sandbox.edit(id, json: json) }
            try await daemon.pollNow()
        }
    }

    @Test func `a host that rejects is reminded of`() async throws {
        try await expectReminders(
            of: "host_rejecting",
            "host",
            provoke: Self.edit(#"{"revoked": true}"#),
            mend: Self.edit(#"{"revoked": false}"#)
        )
    }

    @Test func `a host that does not answer is reminded of`() async throws {
        try await expectReminders(
            of: "host_unreachable",
            "host",
            in: Self.settings("unreachable_after = \"1s\""),
            provoke: Self.edit(#"{"fault": {"status": 503}}"#),
            mend: Self.edit(#"{"fault": null}"#)
        )
    }

    @Test func `a clock that differs is reminded of`() async throws {
        try await expectReminders(
            of: "clock_wrong",
            "daemon",
            provoke: { $0.sandbox.setClock(offset: .seconds(600)) },
            mend: { $0.sandbox.setClock(offset: .zero) }
        )
    }

    @Test func `a channel that fails is reminded of`() async throws {
        var fault = Fault()
        fault.status = 410
        let refusal = fault
        try await expectReminders(
            of: "channel_failing",
            "daemon",
            provoke: { daemon in
                daemon.sandbox.setHook("bad", fault: refusal)
                var settings = Self.settings()
                settings.channels = """
                    [channels.log]
                    type = "syslog"
                    socket = "\(daemon.folder)/log"
                    [channels.ops]
                    type = "webhook"
                    url = "\(daemon.sandbox.baseURL)/hooks/\(DaemonUnderTest.hook)"
                    [channels.bad]
                    type = "webhook"
                    url = "\(daemon.sandbox.baseURL)/hooks/bad"

                    """
                try daemon.configure(settings)
                #expect(try await daemon.command("reload").status == 0)
                try daemon.sandbox.edit("a", json: #"{"permissions": ["*:*"]}"#)
                try await daemon.pollNow("a")
            },
            mend: { daemon in
                daemon.sandbox.setHook("bad", fault: nil)
                try daemon.sandbox.edit("a", json: #"{"permissions": ["dns:list"]}"#)
                try await daemon.pollNow("a")
            }
        )
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a file system needs root"))
    func `a full disk is reminded of`() async throws {
        try await withDaemon(Self.settings(), starts: false) { daemon in
            let disk = try SmallDisk(at: daemon.state)
            defer { disk.unmount() }
            try await daemon.start()
            for id in Self.ids { try await daemon.untilSeen(id) }
            try disk.fill()
            try await Self.edit(#"{"permissions": ["*:*"]}"#)(daemon)
            let raised = try await daemon.told("raised", "store_failing", of: "-")
            #expect(raised.secondsToReminder == 1, "\(raised.text)")
            let reminded = try await daemon.told(
                "reminded",
                "store_failing",
                of: "-",
                after: raised
            )
            #expect(reminded.isAbout(raised), "\(reminded.text)")
            #expect(reminded.severity == "critical", "\(reminded.text)")
            try disk.free()
            let end = try await daemon.told("resolved", "store_failing", of: "-", after: reminded)
            #expect(end.isAbout(raised), "\(end.text)")
        }
    }
}
