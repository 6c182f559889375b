import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

extension DaemonUnderTest {
    var entry: String { "\(folder)/conf.d/b.toml" }

    /// Leaves tokens to the stand-in alone: they are not watched, and have no file.
    func forget(_ ids: String..., keeping settings: Settings) throws {
        try configure(settings)
        for id in ids { unlink(secretFile(id)) }
    }

    /// Runs a command with a secret on its standard input, and looks for the secret in what it says.
    func give(_ secret: String, to words: String...) async throws -> RunningProgram.Outcome {
        let outcome = try await Programs.run(
            Programs.built("tokenwatchd"),
            words + ["--config", configuration],
            input: secret
        )
        for word in secret.split(separator: "\n") where word.count > 1 {
            #expect(!outcome.output.contains(word) && !outcome.errors.contains(word))
        }
        return outcome
    }

    func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    func text(of path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    /// Neither an entry nor a secret, nor anything half written.
    func expectNothingAdded(_ place: SourceLocation = #_sourceLocation) {
        let files = FileManager.default
        let entries = (try? files.contentsOfDirectory(atPath: "\(folder)/conf.d")) ?? []
        #expect(entries.isEmpty, sourceLocation: place)
        let secrets = (try? files.contentsOfDirectory(atPath: "\(folder)/secrets")) ?? []
        #expect(secrets.allSatisfy { !$0.contains("b") }, "\(secrets)", sourceLocation: place)
    }
}

/// `a` is watched; `b` and `c` are known to the provider alone.
private let three = {
    var settings = Settings()
    settings.tokens = [
        .init(id: "a"), .init(id: "b", play: "permissions = [\"dns:*\"]\nexpires = \"+90d\""),
        .init(id: "c"),
    ]
    return settings
}()

private let onlyA = {
    var settings = three
    settings.tokens = [.init(id: "a")]
    return settings
}()

@Suite(.timeLimit(.minutes(2)))
struct DaemonAddTests {
    private func withThree(
        starts: Bool = true,
        _ body: (DaemonUnderTest) async throws -> Void
    ) async throws {
        try await withDaemon(three, starts: false) { daemon in
            try daemon.forget("b", "c", keeping: onlyA)
            if starts { try await daemon.start() }
            try await body(daemon)
        }
    }

    @Test func `add shows the token and has it watched, and remove undoes all of it`()
        async throws
    {
        try await withThree { daemon in
            let url = daemon.sandbox.baseURL
            for round in 1...2 {
                let added = try await daemon.give(
                    "s3cret-b\n",
                    to: "add",
                    "b",
                    "--base-url=\(url)",
                    "--owner=the \"web\" team"
                )
                #expect(added.status == 0, "round \(round): \(added.errors)")
                for part in ["b: ok", "dns:*", "account", "expires", "1 added"] {
                    #expect(added.output.contains(part), "\(part): \(added.output)")
                }
                #expect(try daemon.mode(of: daemon.entry) == 0o600)
                #expect(try daemon.mode(of: daemon.secretFile("b")) == 0o600)
                #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b\n")
                let entry = try #require(daemon.text(of: daemon.entry))
                #expect(entry.hasPrefix("# Written by `tokenwatchd add`"), "\(entry)")
                #expect(!entry.contains("s3cret-b"))
                // The daemon has polled it, too.
                let explained = try await daemon.command("explain", "b")
                #expect(!explained.output.contains("none yet"), "\(explained.output)")
                let shown = try await daemon.command("status", "b")
                #expect(shown.output.contains("the \"web\" team"), "\(shown.output)")

                let again = try await daemon.give("s3cret-c", to: "add", "b", "--base-url", url)
                #expect(again.status == 1)
                #expect(again.errors.contains("rotate b"), "\(again.errors)")

                let removed = try await daemon.offline("remove", "b")
                #expect(removed.status == 0, "\(removed.errors)")
                #expect(removed.output.contains("1 removed"), "\(removed.output)")
                daemon.expectNothingAdded()
                #expect(try await daemon.command("status", "b").status == 3)
            }
        }
    }

    @Test func `a secret typed at a terminal is not echoed`() async throws {
        try await withThree { daemon in
            let terminal = try TestTerminal()
            let program = try RunningProgram(
                Programs.built("tokenwatchd"),
                [
                    "add", "b", "--base-url", daemon.sandbox.baseURL, "--config",
                    daemon.configuration,
                ],
                terminal: terminal.programSide
            )
            daemon.adopt(program)
            _ = try await terminal.read(until: "(it is not shown): ")
            // A wrong letter, taken back.
            try terminal.type("s3cret-c\u{7f}b\r")
            let outcome = try await program.ended()
            #expect(outcome.status == 0, "\(outcome.output)")
            try terminal.type("end\r")
            let shown = try await terminal.read(until: "end")
            #expect(!shown.contains("s3c") && !shown.contains("*"), "\(shown)")
            #expect(!outcome.output.contains("s3cret"))
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b\n")
        }
    }

    @Test func `an interrupted prompt changes nothing`() async throws {
        try await withThree { daemon in
            let terminal = try TestTerminal()
            let program = try RunningProgram(
                Programs.built("tokenwatchd"),
                ["add", "b", "--config", daemon.configuration],
                terminal: terminal.programSide
            )
            daemon.adopt(program)
            _ = try await terminal.read(until: "(it is not shown): ")
            try terminal.type("s3c\u{3}")
            #expect(try await program.ended().status == 1)
            daemon.expectNothingAdded()
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func `a signal at the prompt leaves the terminal as it was`(number: Int32) async throws {
        try await withThree(starts: false) { daemon in
            let terminal = try TestTerminal()
            func echoes() -> Bool {
                var mode = termios()
                tcgetattr(terminal.programSide.fileDescriptor, &mode)
                return mode.c_lflag & tcflag_t(ECHO) != 0
            }
            let program = try RunningProgram(
                Programs.built("tokenwatchd"),
                ["add", "b", "--config", daemon.configuration],
                terminal: terminal.programSide
            )
            daemon.adopt(program)
            _ = try await terminal.read(until: "(it is not shown): ")
            #expect(!echoes())
            program.signal(number)
            #expect(try await program.ended().status == -number)
            #expect(echoes())
        }
    }

    @Test func `a wrong answer at a prompt is asked for again`() async throws {
        try await withThree(starts: false) { daemon in
            let terminal = try TestTerminal()
            let program = try RunningProgram(
                Programs.built("tokenwatchd"),
                ["add", "b", "--config", daemon.configuration, "--no-check"],
                terminal: terminal.programSide
            )
            daemon.adopt(program)
            _ = try await terminal.read(until: "(it is not shown): ")
            try terminal.type("s3cret-b\r")
            _ = try await terminal.read(until: "lists them): ")
            try terminal.type("VPS.ogr\r")
            let hint = try await terminal.read(until: "lists them): ")
            #expect(hint.contains("did you mean vps.org?"), "\(hint)")
            try terminal.type("  VPS.org \r")
            #expect(try await program.ended().status == 0)
            #expect(daemon.text(of: daemon.entry)?.contains("provider = \"vps.org\"") == true)
        }
    }

    @Test func `what cannot be added is refused, and nothing of it stays`() async throws {
        try await withThree { daemon in
            let url = daemon.sandbox.baseURL
            for id in ["B", "../b", "b/c", ".b", ""] {
                let wrong = try await daemon.give("s3cret-b", to: "add", id, "--base-url", url)
                #expect(wrong.status == 64, "\(id): \(wrong.errors)")
            }
            let watched = try await daemon.give("s3cret-a", to: "add", "a", "--base-url", url)
            #expect(watched.status == 1)
            #expect(watched.errors.contains("tokenwatchd.toml:"), "\(watched.errors)")
            for secret in ["", "\n", "two\nlines\n", "b\u{1}", "\u{fc}mlaut"] {
                let bad = try await daemon.give(secret, to: "add", "b", "--base-url", url)
                #expect(bad.status == 1, "\(bad.errors)")
            }
            let rejected = try await daemon.give("s3cret-x", to: "add", "b", "--base-url", url)
            #expect(rejected.status == 1)
            #expect(rejected.errors.contains("rejects"), "\(rejected.errors)")
            let wrong = try await daemon.give(
                "s3cret-b",
                to: "add",
                "b",
                "--provider=vps.or",
                "--expires=someday"
            )
            #expect(wrong.status == 78)
            #expect(wrong.errors.contains("vps.or"), "\(wrong.errors)")
            #expect(wrong.errors.contains("--expires"), "every error: \(wrong.errors)")
            let nowhere = try await Programs.run(
                Programs.built("tokenwatchd"),
                ["add", "b", "--config", "\(daemon.folder)/nowhere/tokenwatchd.toml"]
            )
            #expect(nowhere.status == 78)
            #expect(nowhere.errors.contains("nowhere: No such file"), "\(nowhere.errors)")
            #expect(nowhere.errors.contains("create the folder"), "\(nowhere.errors)")
            daemon.expectNothingAdded()
            #expect(try await daemon.command("reload").output.contains("no tokens changed"))
        }
    }

    @Test func `files that a person wrote are never touched`() async throws {
        try await withThree { daemon in
            let url = daemon.sandbox.baseURL
            let own = """
                # mine
                [tokens.b]
                secret_file = "\(daemon.secretFile("b"))"
                base_url = "\(url)"

                """
            mkdir("\(daemon.folder)/conf.d", 0o700)
            try daemon.write(own, to: daemon.entry)
            try daemon.write("s3cret-b", to: daemon.secretFile("b"))
            for words in [["add", "b", "--base-url", url], ["remove", "b"]] {
                let outcome = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    words + ["--config", daemon.configuration],
                    input: "s3cret-c"
                )
                #expect(outcome.status == 1, "\(words): \(outcome.errors)")
                #expect(outcome.errors.contains("so it was not "), "\(words): \(outcome.errors)")
                #expect(daemon.text(of: daemon.entry) == own)
                #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b")
            }
            // A secret alone, and an entry that was written by add and holds another token by now.
            unlink(daemon.entry)
            let there = try await daemon.give("s3cret-c", to: "add", "b", "--base-url", url)
            #expect(there.status == 1)
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b")
            unlink(daemon.secretFile("b"))
            #expect(
                try await daemon.give("s3cret-b", to: "add", "b", "--base-url", url).status == 0
            )
            let more =
                try #require(daemon.text(of: daemon.entry))
                + "[tokens.c]\nsecret_file = \"\(daemon.secretFile("b"))\"\n"
            try daemon.write(more, to: daemon.entry)
            let removed = try await daemon.offline("remove", "b")
            #expect(removed.status == 1)
            #expect(daemon.text(of: daemon.entry) == more)
            #expect(try await daemon.offline("remove", "nobody").status == 1)
        }
    }

    @Test func `what the daemon refuses is undone`() async throws {
        try await withThree { daemon in
            let url = daemon.sandbox.baseURL
            unlink(daemon.secretFile("a"))
            let refused = try await daemon.give("s3cret-b", to: "add", "b", "--base-url", url)
            #expect(refused.status == 78, "\(refused.errors)")
            #expect(refused.errors.contains(daemon.secretFile("a")), "\(refused.errors)")
            daemon.expectNothingAdded()
        }
    }

    @Test func `the first token can be added without a daemon, and the last removed while it runs`()
        async throws
    {
        try await withThree(starts: false) { daemon in
            let url = daemon.sandbox.baseURL
            var none = onlyA
            none.tokens = []
            try daemon.configure(none)
            let added = try await daemon.give("s3cret-b", to: "add", "b", "--base-url", url)
            #expect(added.status == 0, "\(added.errors)")
            #expect(added.output.contains("tokenwatchd run --config"), "\(added.output)")
            try await daemon.start()
            try await daemon.untilSeen("b")
            let removed = try await daemon.offline("remove", "b")
            #expect(removed.status == 0, "\(removed.errors)")
            let shown = try await daemon.command("status")
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(shown.output == "No tokens configured. Add one: sudo tokenwatchd add ID")
            #expect(try await daemon.command("check").status == 0)
            #expect(try await daemon.end() == 0)
            daemon.expectNothingAdded()
        }
    }

    @Test func `the secret is in its file and nowhere else, though the provider echoes it`()
        async throws
    {
        try await withThree { daemon in
            let url = daemon.sandbox.baseURL
            try daemon.sandbox.edit("b", json: #"{"name": "my token is s3cret-b"}"#)
            let added = try await daemon.give(
                "s3cret-b",
                to: "add",
                "b",
                "--no-check",
                "--base-url",
                url
            )
            #expect(added.status == 0, "\(added.errors)")
            _ = try await daemon.told("raised", "malformed", of: "b")
            let shown = try await daemon.command("status", "b")
            #expect(!shown.output.contains("s3cret-b"))
            let events = try await daemon.command("events")
            #expect(!events.output.contains("s3cret-b"))
            #expect(try await daemon.end() == 0)
            #expect(!daemon.errors.contains("s3cret-b"))
            let files = try #require(FileManager.default.enumerator(atPath: daemon.folder))
            let holding = files.compactMap { $0 as? String }.filter { name in
                let bytes = FileManager.default.contents(atPath: "\(daemon.folder)/\(name)")
                return bytes?.range(of: Data("s3cret-b".utf8)) != nil
            }
            #expect(holding == ["secrets/b"])
        }
    }

    @Test func `a first poll that fails stores nothing, unless it is not asked for`() async throws {
        try await withThree { daemon in
            let url = daemon.sandbox.baseURL
            await daemon.sandbox.stop()
            let failed = try await daemon.give("s3cret-b", to: "add", "b", "--base-url", url)
            #expect(failed.status == 1, "\(failed.output)")
            #expect(failed.errors.contains("nothing was stored"), "\(failed.errors)")
            #expect(failed.errors.contains("--no-check"), "\(failed.errors)")
            daemon.expectNothingAdded()
            let added = try await daemon.give(
                "s3cret-b",
                to: "add",
                "b",
                "--base-url",
                url,
                "--no-check"
            )
            #expect(added.status == 0, "\(added.errors)")
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b\n")
        }
    }

    @Test func `a secret goes to no provider that was neither named nor recognised`() async throws {
        try await withThree { daemon in
            let before = daemon.sandbox.record.unauthorized
            let unknown = try await daemon.give("s3cret-b", to: "add", "b")
            #expect(unknown.status == 1)
            #expect(unknown.errors.contains("--provider"), "\(unknown.errors)")
            let secret = "ghp_" + String(repeating: "x", count: 36)
            let url = daemon.sandbox.baseURL
            let wrong = try await daemon.give(
                secret,
                to: "add",
                "b",
                "--provider=vps.org",
                "--base-url",
                url
            )
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("--provider github"), "\(wrong.errors)")
            #expect(daemon.sandbox.record.unauthorized == before)
            #expect(daemon.sandbox.record.requests(of: "b") == 0)
            let recognised = try await daemon.give(secret, to: "add", "b", "--base-url", url)
            #expect(recognised.errors.contains("github"), "\(recognised.errors)")
            daemon.expectNothingAdded()
        }
    }
}

@Suite(.timeLimit(.minutes(2)))
struct DaemonRotateTests {
    private func withB(_ body: (DaemonUnderTest) async throws -> Void) async throws {
        try await withDaemon(three, starts: false) { daemon in
            try daemon.forget("b", "c", keeping: onlyA)
            try await daemon.start()
            let url = daemon.sandbox.baseURL
            #expect(
                try await daemon.give("s3cret-b", to: "add", "b", "--base-url", url).status == 0
            )
            try await daemon.untilSeen("b")
            try await body(daemon)
        }
    }

    @Test func `a new secret is shown beside the old one, and takes its place on a yes`()
        async throws
    {
        try await withB { daemon in
            let unasked = try await daemon.give("s3cret-c", to: "rotate", "b")
            #expect(unasked.status == 1)
            #expect(unasked.errors.contains("--anyway"), "\(unasked.errors)")
            #expect(unasked.output.contains("NOT cover"), "\(unasked.output)")
            #expect(unasked.output.contains("lacks: dns:*"), "\(unasked.output)")
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b\n")

            let less = try await daemon.give("s3cret-c", to: "rotate", "b", "--yes")
            #expect(less.status == 1)
            #expect(less.errors.contains("--anyway"), "\(less.errors)")
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b\n")

            let rotated = try await daemon.give("s3cret-c", to: "rotate", "b", "--anyway")
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-c\n")
            #expect(try daemon.mode(of: daemon.secretFile("b")) == 0o600)
            _ = try await daemon.told("changed", "rotated", of: "b")
            let back = try await daemon.give("s3cret-b", to: "rotate", "b", "--yes")
            #expect(back.output.contains("covers the old one"), "\(back.output)")
            // What is piped in may answer as a person would.
            #expect(try await daemon.give("s3cret-c\nn\n", to: "rotate", "b").status == 1)
            #expect(try await daemon.give("s3cret-c\ny\n", to: "rotate", "b").status == 0)
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-c\n")
        }
    }

    @Test(arguments: [("y\r", true), ("\r", false), ("n\r", false)])
    func `at a terminal only a yes replaces it`(answer: String, replaces: Bool) async throws {
        try await withB { daemon in
            let terminal = try TestTerminal()
            let program = try RunningProgram(
                Programs.built("tokenwatchd"),
                ["rotate", "b", "--config", daemon.configuration],
                terminal: terminal.programSide
            )
            daemon.adopt(program)
            _ = try await terminal.read(until: "(it is not shown): ")
            try terminal.type("s3cret-c\r")
            let shown = try await terminal.read(until: "(y/N)")
            #expect(!shown.contains("s3c"))
            try terminal.type(answer)
            #expect(try await program.ended().status == (replaces ? 0 : 1))
            let secret = daemon.text(of: daemon.secretFile("b"))
            #expect(secret == (replaces ? "s3cret-c\n" : "s3cret-b\n"))
        }
    }

    @Test func `a secret without a good answer never takes the place of one`() async throws {
        try await withB { daemon in
            let before = daemon.sandbox.record.unauthorized
            let other = "ghp_" + String(repeating: "1", count: 36)
            let foreign = try await daemon.give(other, to: "rotate", "b", "--anyway")
            #expect(foreign.status == 1)
            #expect(foreign.errors.contains("--provider github"), "\(foreign.errors)")
            #expect(daemon.sandbox.record.unauthorized == before, "it was not sent")
            for secret in ["s3cret-x", "s3cret-b", "", "s3-one\ns3-two"] {
                let refused = try await daemon.give(secret, to: "rotate", "b", "--anyway")
                #expect(refused.status == 1, "\(refused.output)")
            }
            #expect(try await daemon.give("s3cret-c", to: "rotate", "nobody").status == 1)
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-b\n")
        }
    }

    @Test func `a secret's file keeps its owner and mode, and one that is no file is left alone`()
        async throws
    {
        try await withB { daemon in
            let file = daemon.secretFile("a")
            let text = try #require(daemon.text(of: daemon.configuration))
            chmod(file, 0o640)
            let rotated = try await daemon.give("s3cret-c", to: "rotate", "a", "--yes")
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(daemon.text(of: file) == "s3cret-c\n")
            #expect(try daemon.mode(of: file) == 0o640)
            #expect(daemon.text(of: daemon.configuration) == text)

            #expect(rename(file, "\(file).real") == 0 && symlink("\(file).real", file) == 0)
            let link = try await daemon.give("s3cret-a", to: "rotate", "a", "--yes")
            #expect(link.status == 1)
            #expect(link.errors.contains("not a regular file"), "\(link.errors)")
            #expect(daemon.text(of: file) == "s3cret-c\n")

            let inline = text.replacing("secret_file = \"\(file)\"", with: "secret = \"s3cret-a\"")
            try daemon.write(inline, to: daemon.configuration)
            let standing = try await daemon.give("s3cret-c", to: "rotate", "a", "--yes")
            #expect(standing.status == 1)
            #expect(standing.errors.contains("tokenwatchd.toml:"), "\(standing.errors)")
            #expect(daemon.text(of: daemon.configuration) == inline)
        }
    }

    @Test func `the secret of a canary is replaced without a poll`() async throws {
        try await withB { daemon in
            let entry = try #require(daemon.text(of: daemon.entry))
            try daemon.write(entry + "canary = true\n", to: daemon.entry)
            // No daemon, which would poll it.
            #expect(try await daemon.end() == 0)
            let rotated = try await daemon.give("s3cret-c", to: "rotate", "b", "--yes")
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(rotated.output.contains("not polled"), "\(rotated.output)")
            #expect(daemon.sandbox.record.requests(of: "c") == 0)
            #expect(daemon.text(of: daemon.secretFile("b")) == "s3cret-c\n")
        }
    }
}
