import Alerting
import Formats
import Foundation
import Monitor
import Sandbox

/// One condition, and a token that gets it and loses it.
struct ConditionRow: Sendable {
    typealias Deed = @Sendable (DaemonUnderTest, _ id: String) async throws -> Void

    let condition: Condition
    /// The token's; nil where it is the daemon's.
    let id: String?
    let severity: Severity
    /// What it tightens to; nil where its severity never changes.
    var tightensTo: Severity?
    /// More lines of the token.
    var config = ""
    /// Lines of the stand-in's token.
    var play = "permissions = [\"dns:list\"]\nexpires = \"+90d\""
    /// What brings it about, where the token does not begin with it; done again until it is raised.
    var provoke: Deed?
    /// What ends it at the provider or in the files; the token is polled behind it.
    var mend: Deed
    /// What the summary of its raising says.
    var words: String
    /// What `mended` says.
    var mended: String

    init(
        _ condition: Condition,
        id: String? = "",
        _ severity: Severity,
        tightensTo: Severity? = nil,
        config: String = "",
        play: String? = nil,
        words: String,
        mended: String,
        provoke: Deed? = nil,
        mend: @escaping Deed
    ) {
        self.condition = condition
        self.id = id == "" ? condition.rawValue : id
        self.severity = severity
        self.tightensTo = tightensTo
        self.config = config
        if let play { self.play = play }
        self.words = words
        self.mended = mended
        self.provoke = provoke
        self.mend = mend
    }

    var name: String { condition.rawValue }

    /// Changes the stand-in's token.
    private static func edit(_ json: String) -> Deed {
        { daemon, id in try daemon.sandbox.edit(id, json: json) }
    }

    private static let poll: Deed = { daemon, id in try await daemon.pollNow(id) }

    /// Says when somebody else used it; no full minute, which might stand for a poll of ours.
    private static func use(_ ago: Duration) -> Deed {
        { daemon, id in
            let now = Instant(seconds: daemon.sandbox.now.seconds)
            let used = now - ago
            let odd = used.seconds % 60 == 0 ? used - .seconds(1) : used
            try daemon.sandbox.edit(id, json: "{\"last_used\": \"\(odd.rfc3339)\"}")
        }
    }

    private static let rotate: Deed = { daemon, id in
        try daemon.sandbox.edit(id, json: "{\"secret\": \"new-s3cret-\(id)\"}")
        try daemon.write("new-s3cret-\(id)\n", to: daemon.secretFile(id))
    }

    /// Those of tokens, and of the daemon: `host_unreachable`, `host_rejecting`, `clock_wrong`,
    /// `channel_failing`, `store_failing`, `falling_behind` and `out_of_resources` need a world of
    /// their own.
    static let all: [ConditionRow] = [
        ConditionRow(
            .expiring,
            .warning,
            tightensTo: .critical,
            config: "warn_before = [\"1h\"]\ncritical_before = \"37s\"",
            play: "expires = \"+40s\"",
            words: "expiring expires ",
            mended: "left (was ",
            mend: edit(#"{"expires": "+90d"}"#)
        ),
        ConditionRow(
            .expired,
            .critical,
            play: "expires = \"-1h\"\ntells_expired = true",
            words: "expired expired ",
            mended: "renewed: 90 d left (had expired)",
            mend: edit(#"{"expires": "+90d"}"#)
        ),
        ConditionRow(
            .rejected,
            .critical,
            play: "revoked = true",
            words: "revoked, replaced or wrong",
            mended: "accepted",
            mend: edit(#"{"revoked": false}"#)
        ),
        ConditionRow(
            .noSecret,
            .critical,
            words: "/secrets/no_secret does not exist",
            mended: "the secret can be read again",
            provoke: { daemon, id in
                try? FileManager.default.removeItem(atPath: daemon.secretFile(id))
                try await daemon.pollNow(id)
            },
            mend: { daemon, id in
                try daemon.write(DaemonUnderTest.secret(id), to: daemon.secretFile(id))
            }
        ),
        ConditionRow(
            .unreachable,
            .warning,
            tightensTo: .critical,
            config: "unreachable_after = \"1s\"\nunreachable_critical_after = \"4s\"",
            play: "fault = { cut = true }",
            words: "no verdict from 127.0.0.1",
            mended: "answers again after ",
            // It takes two polls, and its time.
            provoke: poll,
            mend: edit(#"{"fault": "none"}"#)
        ),
        ConditionRow(
            .malformed,
            .warning,
            play: "fault = { body = \"html\" }",
            words: "HTML",
            mended: "the answer can be read again after ",
            mend: edit(#"{"fault": "none"}"#)
        ),
        ConditionRow(
            .permissionsMissing,
            .critical,
            config: #"require = ["dns:*", "servers:list"]"#,
            words: "permissions_missing lacks dns:*, servers:list",
            mended: "all required permissions are covered again",
            mend: edit(#"{"permissions": ["*:*"]}"#)
        ),
        ConditionRow(
            .permissionsExcess,
            .warning,
            config: #"allow = ["dns:list"]"#,
            play: #"permissions = ["dns:*"]"#,
            words: "has more permissions than allowed: dns:*",
            mended: "all permissions are allowed again",
            mend: edit(#"{"permissions": ["dns:list"]}"#)
        ),
        ConditionRow(
            .noExpiry,
            .warning,
            config: "must_expire = true",
            play: #"expires = "never""#,
            words: "no_expiry has no expiry, and must have one",
            mended: "it has an expiry",
            mend: edit(#"{"expires": "+90d"}"#)
        ),
        ConditionRow(
            .accountMismatch,
            .critical,
            config: #"account = "jane@example.com""#,
            words: "belongs to john@example.com, not to jane@example.com",
            mended: "it belongs to Jane@example.com now",
            mend: edit(#"{"account": "Jane@example.com"}"#)
        ),
        ConditionRow(
            .usedElsewhere,
            .critical,
            config: "canary = true",
            play: "stamps_use = \"never\"",
            words: "is a canary, and was used elsewhere",
            mended: "the secret was replaced",
            provoke: { daemon, id in
                try await daemon.untilSeen(id)
                try await use(.minutes(10))(daemon, id)
                try await daemon.pollNow(id)
            },
            mend: rotate
        ),
        ConditionRow(
            .unobservable,
            .warning,
            config: "canary = true",
            play: "stamps_use = \"before\"",
            words: "every answer shows its own poll",
            mended: "other use can be detected again",
            // It takes three answers that differ, which are stamped with seconds.
            provoke: { daemon, id in
                let second = daemon.sandbox.now.seconds
                try await daemon.pollNow(id)
                try await eventually { daemon.sandbox.now.seconds != second }
            },
            mend: edit(#"{"stamps_use": "never"}"#)
        ),
        ConditionRow(
            .unused,
            .info,
            config: "unused_after = \"5s\"",
            play: "stamps_use = \"never\"",
            words: "has not been used elsewhere for ",
            mended: "it was used elsewhere",
            // Apart from the poll that is to report it, and from the one before, which may be one
            // that was made to find out about the host.
            mend: { daemon, id in
                try await eventually {
                    guard let polled = try await daemon.token(id)["last_poll_at"]?.string,
                        let last = Instant(text: polled)
                    else { return true }
                    return daemon.sandbox.now - last >= .seconds(8)
                }
                try await use(.seconds(4))(daemon, id)
            }
        ),
        ConditionRow(
            .duplicate,
            .warning,
            words: "duplicate has the same secret as twin",
            mended: "no other entry has the same secret",
            provoke: { daemon, _ in
                try daemon.write(DaemonUnderTest.secret("duplicate"), to: daemon.secretFile("twin"))
                try await daemon.pollNow("twin")
            },
            mend: { daemon, _ in
                try daemon.write(DaemonUnderTest.secret("twin"), to: daemon.secretFile("twin"))
                try await daemon.pollNow("twin")
            }
        ),
        ConditionRow(
            .duplicate,
            id: "twin",
            .warning,
            words: "twin has the same secret as duplicate",
            mended: "no other entry has the same secret",
            mend: { _, _ in }
        ),
        ConditionRow(
            .configRejected,
            id: nil,
            .warning,
            words: "the old one is in use: ",
            mended: "a configuration was loaded",
            provoke: { daemon, _ in
                let good = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
                try daemon.write("[daemon\n", to: daemon.configuration)
                _ = try await daemon.ask("POST", "/v1/reload")
                try daemon.write(good, to: daemon.configuration)
            },
            mend: { daemon, _ in _ = try await daemon.ask("POST", "/v1/reload") }
        ),
    ]

    /// The conditions whose lives are told elsewhere.
    static let elsewhere: Set<Condition> = [
        .hostUnreachable, .hostRejecting, .clockWrong, .channelFailing, .storeFailing,
        .fallingBehind, .heartbeatFailing, .outOfResources,
    ]
}
