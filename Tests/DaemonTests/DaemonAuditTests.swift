import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import System
import Testing

/// Questions of an audit: who had a permission at a time, and what expires soon.
@Suite(.timeLimit(.minutes(2)))
struct DaemonAuditTests {
    /// The ids that a command line of `status` lists, and its exit status.
    private func status(
        _ daemon: DaemonUnderTest,
        _ words: String...
    ) async throws -> (ids: [String], status: Int32) {
        let run = try await Programs.run(
            Programs.built("tokenwatchd"),
            ["status", "--json", "--socket", daemon.socket] + words
        )
        try #require(run.errors.isEmpty, "\(run.errors)")
        let json = try JSONValue(parsing: Array(run.output.utf8))
        return (json.elements?.compactMap { $0["id"]?.string } ?? [], run.status)
    }

    /// An instant behind everything that has happened, before everything that is still to happen.
    private func pause() async throws -> String {
        let now = SystemClock.now().instant.seconds
        // The record counts milliseconds, an instant on the command line seconds.
        try await eventually { SystemClock.now().instant.seconds >= now + 2 }
        return Instant(seconds: now + 1).rfc3339
    }

    @Test func `status narrows by time left, owner and permission, and exits by what is left`()
        async throws
    {
        let settings = Settings(
            .init(
                id: "deploy",
                config: "owner = \"Platform Team\"",
                play: "permissions = [\"dns:*\", \"servers:list\"]\nexpires = \"+5d\""
            ),
            .init(id: "web", play: "permissions = [\"dns:list\"]\nexpires = \"+60d\""),
            .init(
                id: "root",
                config: "owner = \"ops\"",
                play: "permissions = [\"*:*\"]\nexpires = \"+200d\""
            )
        )
        try await withDaemon(settings) { daemon in
            for id in ["deploy", "web", "root"] { try await daemon.untilSeen(id) }
            #expect(try await status(daemon, "--within", "90d") == (["deploy", "web"], 1))
            #expect(try await status(daemon, "--within", "60d") == (["deploy", "web"], 1))
            #expect(try await status(daemon, "--within", "59d") == (["deploy"], 1))
            #expect(try await status(daemon, "--owner", "platform team") == (["deploy"], 1))
            #expect(try await status(daemon, "--owner", "nobody") == ([], 0))
            #expect(try await status(daemon, "--covers", "dns:*") == (["deploy", "root"], 1))
            #expect(try await status(daemon, "--covers", "dns:edit") == (["deploy", "root"], 1))
            #expect(
                try await status(daemon, "--covers", "dns:list") == (["deploy", "web", "root"], 1)
            )
            #expect(
                try await status(daemon, "--covers", "dns:*", "--within", "300d", "--owner", "OPS")
                    == (["root"], 0)
            )
            #expect(try await status(daemon, "web", "--covers", "dns:*") == ([], 1))
            for words in [["--within", "soon"], ["--at", "then"], ["--at", "2999-01-01"]] {
                let run = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    ["status", "--socket", daemon.socket] + words
                )
                #expect(run.status == 64, "\(words)")
                #expect(run.errors.contains(words[0]), "\(run.errors)")
            }
        }
    }

    @Test func `status tells who could do what then, and what was wrong, from the record`()
        async throws
    {
        var settings = Settings(
            .init(id: "a", play: "permissions = [\"dns:*\"]\nexpires = \"+5d\""),
            .init(id: "gone", play: "permissions = [\"dns:list\"]\nexpires = \"+90d\"")
        )
        let before = Instant(seconds: SystemClock.now().instant.seconds - 60).rfc3339
        try await withDaemon(settings) { daemon in
            let raised = try await daemon.told("raised", "expiring")
            try await daemon.untilSeen("gone")
            let first = try await pause()
            let edit = #"{"permissions": ["servers:list"], "expires": "+80d"}"#
            try daemon.sandbox.edit("a", json: edit)
            try await daemon.pollNow("a")
            _ = try await daemon.told("resolved", "expiring", after: raised)
            let second = try await pause()
            settings.tokens.removeLast()
            try daemon.configure(settings)
            #expect(try await daemon.ask("POST", "/v1/reload").status == 200)
            #expect(try await status(daemon) == (["a"], 0))
            // The record is there after a restart as it was before.
            #expect(try await daemon.end() == 0)
            try await daemon.start()

            #expect(try await status(daemon, "--at", before) == ([], 0))
            #expect(try await status(daemon, "--at", first) == (["a", "gone"], 1))
            #expect(try await status(daemon, "--at", second) == (["a", "gone"], 0))
            #expect(try await status(daemon, "--at", first, "--covers", "dns:*") == (["a"], 1))
            #expect(try await status(daemon, "--at", second, "--covers", "dns:*") == ([], 1))
            #expect(
                try await status(daemon, "--at", second, "--covers", "servers:list") == (["a"], 0)
            )
            #expect(try await status(daemon, "--at", first, "--within", "6d") == (["a"], 1))
            #expect(try await status(daemon, "gone", "--at", second) == (["gone"], 0))

            let answer = try await daemon.ask("GET", "/v1/tokens?at=\(first)")
            let then = try #require(answer.json?[0])
            let now = try await daemon.token()
            #expect(then.members?.map(\.key) == now.members?.map(\.key))
            #expect(then["permissions"]?.elements?.map(\.string) == ["dns:*"])
            #expect(then["state"]?.string == "warning")
            #expect(then["alerts"]?[0]?["condition"]?.string == "expiring")
            #expect(then["alerts"]?[0]?["summary"]?.string == raised.summary)
            #expect(then["next_poll_at"]?.isNull == true)

            let shown = try await daemon.command("status", "--at", first)
            #expect(shown.output.contains("dns:*") && !shown.output.contains("servers:list"))
            #expect(shown.output.contains("This is the record at "), "\(shown.output)")
            let unknown = try await daemon.command("status", "b", "--at", first)
            #expect(unknown.status == 3)
            #expect(unknown.errors.contains("the record has no token \"b\" at \(first)"))
            for query in ["at=then", "at=2999-01-01", "at="] {
                let answer = try await daemon.ask("GET", "/v1/tokens?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
        }
    }
}
