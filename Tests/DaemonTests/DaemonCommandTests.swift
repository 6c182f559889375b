import Formats
import Foundation
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonCommandTests {
    @Test func `the commands tell of a daemon that runs, by words and exit statuses`()
        async throws
    {
        let tokens = [
            Settings.Token(id: "fine", config: "owner = \"ops\""),
            Settings.Token(id: "soon", play: "expires = \"+10d\""),
            Settings.Token(id: "gone", play: "revoked = true"),
        ]
        var settings = Settings()
        settings.tokens = tokens
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen("fine")
            let raised = try await daemon.told("raised", "expiring", of: "soon")
            _ = try await daemon.told("raised", "rejected", of: "gone")

            let status = try await daemon.command("status")
            #expect(status.status == 2)
            let places = ["gone", "soon", "fine"].map { status.output.range(of: $0)?.lowerBound }
            #expect(!places.contains(nil))
            #expect(
                places.compactMap(\.self) == places.compactMap(\.self).sorted(),
                "the worst first"
            )
            #expect(try await daemon.command("status", "fine").status == 0)
            #expect(try await daemon.command("status", "soon").status == 1)
            #expect(try await daemon.command("status", "--owner", "ops").status == 0)
            let unknown = try await daemon.command("status", "sooon")
            #expect(unknown.status == 3)
            #expect(unknown.errors.contains("soon"), "\(unknown.errors)")
            let json = try await daemon.command("status", "--json")
            let parsed = try JSONValue(parsing: Array(json.output.utf8))
            #expect(parsed.elements?.count == 3)

            let check = try await daemon.command("check")
            #expect(check.status == 2)
            #expect(check.output.contains("CRITICAL"), "\(check.output)")
            #expect(!check.output.contains("\n"))
            #expect(try await daemon.command("check", "soon").output.contains("WARNING"))
            let fine = try await daemon.command("check", "fine")
            #expect(fine.status == 0)
            #expect(fine.output.contains("OK") && fine.output.contains("|"), "\(fine.output)")

            let events = try await daemon.command("events")
            #expect(events.status == 0)
            #expect(events.output.contains("first_seen"))
            #expect(events.output.contains(raised.summary), "\(events.output)")
            #expect(try await daemon.command("history", "soon").status == 0)
            #expect(try await daemon.command("history", "nobody").status == 3)

            let polls = daemon.sandbox.record.requests(of: "fine")
            let pollNow = try await daemon.command("poll-now", "fine")
            #expect(pollNow.status == 0)
            #expect(pollNow.output.hasPrefix("fine: ok\n"), "\(pollNow.output)")
            #expect(daemon.sandbox.record.requests(of: "fine") > polls)
            let all = try await daemon.command("poll-now")
            #expect(all.output.contains("3 tokens: "), "\(all.output)")
            #expect(daemon.sandbox.record.requests(of: "fine") > polls + 1)
            let unwaited = try await daemon.command("poll-now", "--no-wait")
            #expect(unwaited.output.contains("Polling 3 tokens."), "\(unwaited.output)")
            #expect(try await daemon.command("poll-now", "nobody").status == 3)
            #expect(try await daemon.command("reload").output.contains("no tokens changed"))

            let poll = try await daemon.offline("poll", "fine", "soon")
            #expect(poll.status == 1, "\(poll.errors)")
            #expect(try await daemon.offline("poll", "fine").status == 0)
            #expect(try await daemon.offline("poll", "gone").status == 2)
            #expect(try await daemon.offline("poll", "nobody").status != 0)
            let verdict = try await daemon.offline("check-config")
            #expect(verdict.status == 0)
            #expect(verdict.output.contains("ok: 3 tokens, 2 channels"), "\(verdict.output)")
        }
    }

    @Test func `without a daemon the commands end with 3 and name what starts it`() async throws {
        try await withDaemon(starts: false) { daemon in
            for words in [["status"], ["events"], ["history", "a"], ["poll-now"], ["reload"]] {
                let outcome = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    words + ["--socket", daemon.socket]
                )
                #expect(outcome.status == 3, "\(words)")
                #expect(outcome.errors.contains("tokenwatchd run"), "\(outcome.errors)")
            }
            let check = try await daemon.command("check")
            #expect(check.status == 3)
            #expect(check.output.contains("UNKNOWN"), "\(check.output)")
        }
    }

    @Test func `what a provider says cannot disturb the terminal`() async throws {
        let play = "name = \"\\u001b[31mred\\u001b]0;x\\u0007\\u202e\"\nexpires = \"+1d\""
        try await withDaemon(Settings(.init(id: "a", play: play))) { daemon in
            _ = try await daemon.told("raised", "expiring")
            for words in [["status"], ["status", "a"], ["events"], ["history", "a"], ["check"]] {
                let outcome = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    words + ["--socket", daemon.socket]
                )
                for bad: Unicode.Scalar in ["\u{1b}", "\u{7}", "\u{202e}"] {
                    #expect(!outcome.output.unicodeScalars.contains(bad), "\(words)")
                }
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DaemonCanTests {
    @Test func `can knows what a token covers, and with --live what it covers by now`() async throws
    {
        let play = "permissions = [\"dns:*\", \"servers:list\"]"
        try await withDaemon(Settings(.init(id: "a", play: play))) { daemon in
            try await daemon.untilSeen("a")
            let covered = try await daemon.command("can", "a", "dns:create", "servers:list")
            #expect(covered.status == 0, "\(covered.errors)")
            #expect(covered.output.hasPrefix("a: yes (as of "), "\(covered.output)")
            let missing = try await daemon.command("can", "a", "dns:create", "servers:power")
            #expect(missing.status == 1)
            #expect(missing.output.contains("not covered: servers:power"), "\(missing.output)")
            try daemon.sandbox.edit("a", json: #"{"permissions": ["servers:*"]}"#)
            let live = try await daemon.command("can", "a", "servers:power", "--live")
            #expect(live.status == 0, "\(live.output)\(live.errors)")
            #expect(try await daemon.command("can", "b", "dns:list").status == 3)
        }
    }
}
