import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// An answer that is not what the provider documents.
struct BadAnswer: Sendable, CustomTestStringConvertible {
    var fault: String
    /// What the error says.
    var words: String

    var testDescription: String { fault }
}

/// What is particular about some conditions; `ConditionTable.swift` has the life of each.
@Suite(.timeLimit(.minutes(2)))
struct DaemonConditionTests {
    @Test(arguments: [
        BadAnswer(fault: #"{"body": "html"}"#, words: "HTML"),
        BadAnswer(fault: #"{"body": "truncated"}"#, words: "JSON"),
        BadAnswer(fault: #"{"body": "garbage"}"#, words: "JSON"),
        BadAnswer(fault: #"{"body": "empty"}"#, words: "empty"),
        BadAnswer(fault: #"{"body": "wrong_type:/token/permissions"}"#, words: "permissions"),
        BadAnswer(fault: #"{"body": "missing_field:/token/expires_at"}"#, words: "expires_at"),
        BadAnswer(fault: #"{"body": "missing_field:/token/permissions"}"#, words: "permissions"),
        BadAnswer(fault: #"{"body": "bad_date"}"#, words: "expires_at"),
        BadAnswer(fault: #"{"body": "huge"}"#, words: "over 1048576 bytes"),
        BadAnswer(fault: #"{"status": 301, "location": "http://127.0.0.1:1/x"}"#, words: "301"),
        BadAnswer(fault: #"{"status": 403}"#, words: "403"),
        BadAnswer(fault: #"{"status": 404}"#, words: "404"),
    ])
    func `an answer that is not as documented is malformed, says how, and never no expiry`(
        bad: BadAnswer
    ) async throws {
        let token = Settings.Token(id: "a", config: "must_expire = true")
        try await withDaemon(Settings(token)) { daemon in
            try await daemon.untilSeen()
            let before = try await daemon.token()
            try daemon.sandbox.edit("a", json: #"{"fault": \#(bad.fault)}"#)
            try await daemon.pollNow()
            let raised = try await daemon.told("raised", "malformed")
            #expect(raised.severity == "warning")
            #expect(raised.summary.contains(bad.words), "\(raised.summary)")
            try await daemon.expectEverywhere(raised)
            let token = try await daemon.token()
            #expect(token["last_outcome"]?.string == "malformed")
            #expect(token["last_error"]?.string?.contains(bad.words) == true, "\(token)")
            // What was known stays.
            for key in ["expiry", "expires_at", "permissions", "account", "last_ok_at"] {
                #expect(token[key] == before[key], "\(key)")
            }
            #expect(try await daemon.command("status").status == 1)
            try daemon.sandbox.edit("a", json: #"{"fault": "none"}"#)
            try await daemon.pollNow()
            let resolved = try await daemon.told("resolved", "malformed")
            #expect(resolved.alertID == raised.id)
            try await daemon.expectEverywhere(resolved)
            #expect(try await daemon.command("status").status == 0)
            #expect(daemon.told.map(\.type).filter { $0 != "malformed" } == [])
        }
    }

    @Test func `an expiry is counted down while the provider is silent`() async throws {
        let token = Settings.Token(id: "a", play: "expires = \"+1d\"")
        try await withDaemon(Settings(token)) { daemon in
            let warned = try await daemon.told("raised", "expiring")
            #expect(warned.severity == "critical")
            // From here on it is one poll that must be answered in time.
            try daemon.sandbox.edit("a", json: #"{"expires": "+8s"}"#)
            try await daemon.pollNow()
            _ = try await daemon.told("changed", "expiry_changed")
            await daemon.sandbox.stop()
            // The receiver of webhooks is gone too: the log tells.
            let line = try await daemon.log.first { $0.contains("[expired raised token=a") }
            #expect(line.contains("]: critical: a expired "), "\(line)")
            #expect(try await daemon.command("status", "a").status == 2)
            // It takes the place of the warning, which does not resolve.
            let words = try await daemon.events().filter { $0.token == "a" }.map(\.words)
            #expect(
                words == [
                    "changed first_seen a", "raised expiring a", "changed expiry_changed a",
                    "raised expired a",
                ]
            )
            let token = try await daemon.token()
            #expect((token["expires_in_s"]?.integer ?? 1) <= 0)
            #expect(token["alerts"]?.elements?.map { $0["condition"]?.string } == ["expired"])
        }
    }

    @Test func `a refusal is ended by a new secret, without a restart`() async throws {
        let token = Settings.Token(id: "a", play: "expires = \"+90d\"")
        try await withDaemon(Settings(token, polling: Settings.busy)) { daemon in
            try await daemon.untilSeen()
            try daemon.sandbox.edit("a", json: #"{"secret": "new-s3cret"}"#)
            let raised = try await daemon.told("raised", "rejected")
            let count = daemon.sandbox.record.total
            try await daemon.expectEverywhere(raised)
            #expect(try await daemon.command("check", "a").status == 2)
            try daemon.write("new-s3cret\n", to: daemon.secretFile("a"))
            let resolved = try await daemon.told("resolved", "rejected")
            #expect(resolved.alertID == raised.id)
            #expect(resolved.summary.contains("new secret"), "\(resolved.summary)")
            try await daemon.expectEverywhere(resolved)
            // It says who it is: the same token with another secret.
            try await daemon.expectEverywhere(try await daemon.told("changed", "rotated"))
            #expect(try await daemon.command("status").status == 0)
            // A refused secret is asked about more and more seldom.
            #expect(daemon.sandbox.record.unauthorized <= count + 1)
        }
    }

    @Test func `a secret that others can read is refused while running, with what mends it`()
        async throws
    {
        try await withDaemon(Settings(polling: Settings.busy)) { daemon in
            try await daemon.untilSeen()
            let file = daemon.secretFile("a")
            chmod(file, 0o644)
            let raised = try await daemon.told("raised", "no_secret")
            #expect(raised.summary.contains("(mode 0644); run: chmod 0600 \(file)"))
            try await daemon.expectEverywhere(raised)
            #expect(try await daemon.command("status").status == 2)
            chmod(file, 0o600)
            let resolved = try await daemon.told("resolved", "no_secret")
            try await daemon.expectEverywhere(resolved)
            #expect(try await daemon.command("status").status == 0)
        }
    }

    @Test func `poll-now of a token without a secret shows why, and waits for no poll`()
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            let file = daemon.secretFile("a")
            unlink(file)
            let outcomes = [
                try await daemon.command("poll-now", "a"), try await daemon.command("poll-now"),
            ]
            for shown in outcomes {
                #expect(shown.status == 0)
                #expect(shown.output.contains("does not exist"), "\(shown.output)")
                #expect(!shown.output.contains("still running"), "\(shown.output)")
            }
            let answer = try await daemon.ask("POST", "/v1/tokens/a/poll?wait=30s").json
            #expect(answer?["polled"]?.bool == false)
            #expect(answer?["problem"]?.string == "\(file) does not exist")
            let live = try await daemon.command("can", "a", "x:y", "--live")
            #expect(live.status == 3)
            #expect(live.errors.contains("a: no usable secret: "), "\(live.errors)")
        }
    }

    @Test func `a refusal proves that the host answers: it ends unreachable and malformed`()
        async throws
    {
        var settings = Settings(polling: Settings.busy)
        settings.policy = "unreachable_after = \"1s\""
        try await withDaemon(settings) { daemon in
            try daemon.sandbox.edit("a", json: #"{"fault": {"status": 404}}"#)
            try await daemon.pollNow()
            _ = try await daemon.told("raised", "malformed")
            try daemon.sandbox.edit("a", json: #"{"fault": {"status": 503}}"#)
            _ = try await daemon.told("raised", "unreachable")
            try daemon.sandbox.edit("a", json: #"{"fault": "none", "revoked": true}"#)
            try await daemon.pollNow()
            let rejected = try await daemon.told("raised", "rejected")
            let words = daemon.told.filter { $0.id <= rejected.id }.suffix(3).map(\.words)
            #expect(Set(words.prefix(2)) == ["resolved malformed a", "resolved unreachable a"])
        }
    }
}
