import Formats
import Glibc
import Monitor
import Sandbox
import Testing

/// Filters of channels and mutes, through the binary.
@Suite(.timeLimit(.minutes(2)))
struct DaemonMuteTests {
    @Test func `a muted token is shown, recorded and not notified until the mute ends by itself`()
        async throws
    {
        try await withDaemon(Settings(Settings.Token(id: "a"))) { daemon in
            try await daemon.untilSeen()
            let muted = try await daemon.command(
                "mute",
                "a",
                "--for",
                "8s",
                "--reason",
                "maintenance",
                "--by",
                "ann"
            )
            #expect(muted.status == 0, "\(muted.errors)")
            #expect(muted.output.contains("a is muted until"), "\(muted.output)")
            let mute = try #require(try await daemon.token()["muted"])
            #expect(mute["token"]?.string == "a" && mute["by"]?.string == "ann")
            let listed = try await daemon.command("mutes")
            #expect(listed.output.contains("token a") && listed.output.contains("maintenance"))

            try daemon.sandbox.edit("a", json: #"{"revoked": true}"#)
            try await daemon.pollNow()
            _ = try await daemon.token { $0["state"]?.string == "critical" }
            let status = try await daemon.command("status")
            #expect(status.status == 2, "exit statuses are unaffected")
            #expect(status.output.contains("(muted)"), "\(status.output)")
            #expect(daemon.told.isEmpty)
            let explained = try await daemon.command("explain", "a")
            #expect(explained.output.contains("Muted by ann until"), "\(explained.output)")

            let told = try await daemon.told("reminded", "rejected")
            #expect(told.summary.contains("muted by ann until now: maintenance"))
            try await daemon.expectEverywhere(told)
            let ended = try await daemon.told("changed", "unmuted")
            #expect(ended.severity == "info")
            #expect(daemon.told.map(\.words) == ["changed unmuted a", "reminded rejected a"])
            let words = try await daemon.events().map(\.words)
            #expect(words.contains("changed muted a") && words.contains("raised rejected a"))
            #expect(try await daemon.token()["muted"]?.isNull == true)
        }
    }

    @Test func `a mute outlasts a crash, and unmute ends it`() async throws {
        try await withDaemon(Settings(Settings.Token(id: "a", config: "owner = \"web team\""))) {
            daemon in
            try await daemon.untilSeen()
            let mute = try await daemon.ask(
                "POST",
                "/v1/mutes",
                body: #"{"owner":"web*","for":"1h","reason":"game day","by":"ann"}"#
            )
            #expect(mute.status == 200, "\(mute.text)")
            try await daemon.end(SIGKILL)
            try await daemon.start()
            try daemon.sandbox.edit("a", json: #"{"revoked": true}"#)
            try await daemon.pollNow()
            _ = try await daemon.token { $0["state"]?.string == "critical" }
            #expect(try await daemon.overview()["mutes"]?.integer == 1)
            #expect(daemon.told.isEmpty)

            let unmuted = try await daemon.command("unmute", "--owner", "web*")
            #expect(unmuted.status == 0, "\(unmuted.errors)")
            _ = try await daemon.told("reminded", "rejected")
            let none = try await daemon.command("mutes")
            #expect(none.output.contains("Nothing is muted."))
            #expect(try await daemon.command("unmute", "--owner", "web*").status == 1)
        }
    }

    @Test func `what fits no token cannot be muted`() async throws {
        try await withDaemon(Settings()) { daemon in
            let wrong: [([String], Int32, String)] = [
                (["b", "--for", "1h", "--reason", "r"], 3, "no token \"b\""),
                (
                    ["--host", "other.example", "--for", "1h", "--reason", "r"], 3,
                    "no token is polled"
                ),
                (["--owner", "web", "--for", "1h", "--reason", "r"], 3, "no token has an owner"),
                (
                    ["--provider", "x", "--for", "1h", "--reason", "r"], 3,
                    "no token has the provider"
                ),
                (["a", "--host", "h", "--for", "1h", "--reason", "r"], 64, "or use one of --host"),
                (["a", "--reason", "r"], 64, "--for is missing"),
                (["a", "--for", "1h"], 64, "--reason is missing"),
                (["a", "--for", "91d", "--reason", "r"], 64, "at most"),
            ]
            for (words, status, text) in wrong {
                let outcome = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    ["mute"] + words + ["--socket", daemon.socket]
                )
                #expect(outcome.status == status, "\(words): \(outcome.errors)")
                #expect(outcome.errors.contains(text), "\(words): \(outcome.errors)")
            }
            for body in ["{}", #"{"tokens":[],"for":"1h","reason":"r","by":"b"}"#, #"{"x":1}"#] {
                #expect(try await daemon.ask("POST", "/v1/mutes", body: body).status == 400)
            }
        }
    }

    @Test func `a channel gets what its filters leave`() async throws {
        var settings = Settings(
            Settings.Token(id: "a", config: "owner = \"platform team\"", play: "expires = \"+1d\""),
            Settings.Token(id: "b", config: "owner = \"web\"", play: "expires = \"+1d\"")
        )
        settings.webhook = """
            only = ["expir??g", "expired", "reject*"]
            except = ["expired"]
            owner = ["platform*"]
            send_resolved = false
            """
        try await withDaemon(settings) { daemon in
            _ = try await daemon.told("raised", "expiring", of: "a")
            for id in ["a", "b"] {
                try daemon.sandbox.edit(id, json: #"{"expires": "+90d", "name": "new"}"#)
            }
            try await daemon.pollNow()
            for id in ["a", "b"] { _ = try await daemon.token(id) { $0["state"]?.string == "ok" } }
            try daemon.sandbox.edit("a", json: #"{"revoked": true}"#)
            try await daemon.pollNow()
            _ = try await daemon.told("raised", "rejected", of: "a")
            #expect(daemon.told.map(\.words) == ["raised expiring a", "raised rejected a"])
        }
    }
}
