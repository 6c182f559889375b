import Alerting
import Foundation
import Glibc
import Sandbox
import Testing

@testable import Monitor

/// Programs that are really run.
@Suite(.timeLimit(.minutes(1)))
struct NotifyCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func channel(_ argv: [String], timeout: Duration = .seconds(30)) throws
        -> CommandChannel
    {
        try CommandChannel(name: "page", settings: CommandSettings(argv: argv, timeout: timeout))
    }

    private func shell(_ script: String, _ arguments: String..., timeout: Duration = .seconds(30))
        throws -> CommandChannel
    {
        try channel(["/bin/sh", "-c", script, "page"] + arguments, timeout: timeout)
    }

    private func content(_ name: String) throws -> String {
        try String(contentsOfFile: directory.file(name), encoding: .utf8)
    }

    @Test func `the event is the input, and its facts are the only variables`() async throws {
        setenv("TOKENWATCH_TEST_LEAK", "leaked", 1)
        let event = Event(
            id: EventID(high: 1, low: 2),
            at: notifyStart,
            subject: .token(try card()),
            kind: .condition(.expiring),
            phase: .raised,
            severity: .critical,
            summary: "deploy expires\nsoon",
            alertID: EventID(high: 1, low: 2),
            since: notifyStart
        )
        let body = event.json(instance: "vps-1")
        let channel = try shell(
            "/bin/cat > \"$1/input\"; /bin/cat /proc/self/environ > \"$1/environment\"",
            directory.path
        )
        let delivery = makeDelivery(
            1,
            subject: "token:deploy",
            severity: .critical,
            summary: event.summary,
            body: body
        )
        #expect(await channel.deliver(delivery) == .delivered)
        #expect(try content("input") == body + "\n")
        let variables = try content("environment").split(separator: "\0").map(String.init)
        // The shell adds PWD itself.
        #expect(variables.allSatisfy { $0.hasPrefix("TOKENWATCH_") || $0.hasPrefix("PWD=") })
        #expect(!variables.contains { $0.contains("leaked") })
        for expected in [
            "TOKENWATCH_TOKEN=deploy", "TOKENWATCH_TYPE=expiring", "TOKENWATCH_PHASE=raised",
            "TOKENWATCH_SEVERITY=critical", "TOKENWATCH_SUMMARY=deploy expires\\u{a}soon",
            "TOKENWATCH_INSTANCE=vps-1", "TOKENWATCH_HOST=", "TOKENWATCH_PROVIDER=vps.org",
            "TOKENWATCH_OWNER=platform team", "TOKENWATCH_NOTE=",
            "TOKENWATCH_EVENT_ID=\(delivery.eventID)",
        ] {
            #expect(variables.contains(expected), "\(expected)")
        }
    }

    @Test func `a program has the usual limit of open files, and not the daemon's`() async throws {
        // As the daemon does at its start; no test needs it lower again.
        let files = OpenFiles.raised()
        try #require(files.limit > 1024, "the hard limit of this machine is too low")
        let script = "ulimit -Sn > \"$1/files\"; ulimit -Hn >> \"$1/files\""
        let channel = try shell(script, directory.path)
        #expect(await channel.deliver(makeDelivery(1)) == .delivered)
        let limits = try content("files").split(separator: "\n")
        #expect(limits.first == "1024")
        #expect(limits.last != "1024")
    }

    @Test func `no descriptor, directory, session or signal setting of the daemon is inherited`()
        async throws
    {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGUSR2, SIG_IGN)
        defer { signal(SIGUSR2, SIG_DFL) }
        // Not closed on exec, as libraries have them.
        let leaked = open("/dev/null", O_RDONLY)
        let high = fcntl(leaked, F_DUPFD, 200)
        defer {
            close(leaked)
            close(high)
        }
        let channel = try shell(
            """
            cd_was=$(/bin/pwd); echo $cd_was > "$1/facts"
            /bin/ls -l /proc/$$/fd > "$1/descriptors"
            set -- "$1" $(/bin/cat /proc/$$/stat); echo "group $6 session $7 self $2" >> "$1/facts"
            # In its own place, as a shell that waits blocks signals.
            exec /bin/grep -E '^Sig(Ign|Blk)' /proc/self/status >> "$1/facts"
            """,
            directory.path
        )
        #expect(await channel.deliver(makeDelivery(1)) == .delivered)
        let facts = try content("facts").split(separator: "\n").map(String.init)
        #expect(facts.first == "/")
        let masks = facts.filter { $0.hasPrefix("Sig") }
        #expect(masks.count == 2)
        // glibc's posix_spawn has the two signals of its threads, 32 and 33, ignored.
        let values = masks.compactMap { UInt64($0.split(separator: "\t")[1], radix: 16) }
        #expect(values.map { $0 & ~0x1_8000_0000 } == [0, 0], "\(masks)")
        let ids = try #require(facts.dropFirst().first).split(separator: " ")
        #expect(ids.count == 6 && ids[1] == ids[5] && ids[3] == ids[5], "\(ids)")
        let descriptors = try content("descriptors")
        #expect(!descriptors.contains(" \(high) -> "))
        #expect(descriptors.contains(" 0 -> /memfd:tokenwatchd"))
    }

    @Test(arguments: [
        (1, "exited with status 1: first / sorry"), (75, "exited with status 75: first / sorry"),
        (127, "exited with status 127: first / sorry"),
    ])
    func `a status but 0 and 65 is tried again`(status: Int, error: String) async throws {
        let channel = try shell("echo first; echo sorry >&2; exit \(status)")
        #expect(
            await channel.deliver(makeDelivery(1)) == .retry(error: "/bin/sh \(error)", after: nil)
        )
    }

    @Test func `status 65 gives the event up`() async throws {
        let channel = try shell("exit 65")
        #expect(
            await channel.deliver(makeDelivery(1))
                == .giveUp(error: "/bin/sh rejected the event (status 65) without output")
        )
    }

    @Test func `a death by signal is tried again`() async throws {
        let channel = try shell("kill -SEGV $$")
        #expect(
            await channel.deliver(makeDelivery(1))
                == .retry(error: "/bin/sh was killed by signal 11 without output", after: nil)
        )
    }

    @Test func `what is said is bounded, escaped and without the arguments`() async throws {
        let channel = try shell(
            "i=0; while [ $i -lt 20000 ]; do echo spam; i=$((i+1)); done;"
                + " printf 'key %s \\033[31m refused' \"$1\"; exit 1",
            "T0PS3CRET"
        )
        guard case .retry(let error, nil) = await channel.deliver(makeDelivery(1)) else {
            Issue.record("it is to be tried again")
            return
        }
        #expect(
            error
                == "/bin/sh exited with status 1: spam / spam / key (argument 4) \\u{1b}[31m refused"
        )
    }

    @Test func `input that is not read, and is large, keeps nobody waiting`() async throws {
        let body = "{\"long\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
        let channel = try channel(["/bin/true"])
        #expect(await channel.deliver(makeDelivery(1, body: body)) == .delivered)
    }

    @Test func `a program that takes too long is ended with all of its group`() async throws {
        let channel = try shell(
            """
            trap '' TERM; /bin/sleep 600 & echo $! > "$1/child"; echo started
            while :; do wait; done
            """,
            directory.path,
            timeout: .seconds(1)
        )
        #expect(
            await channel.deliver(makeDelivery(1))
                == .retry(error: "/bin/sh took longer than 1 s: started", after: nil)
        )
        let text = try content("child").trimmingCharacters(in: .whitespacesAndNewlines)
        let child = try #require(pid_t(text))
        // A signal takes effect in its own time, and so does the reaping of what is left.
        try await eventually {
            let stat = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            return stat.map { $0.contains(") Z ") || $0.contains(") X ") } ?? true
        }
    }

    @Test func `a program that never stops writing is ended in time too`() async throws {
        let channel = try channel(["/usr/bin/yes"], timeout: .seconds(1))
        #expect(
            await channel.deliver(makeDelivery(1))
                == .retry(error: "/usr/bin/yes took longer than 1 s: y / y / y", after: nil)
        )
    }

    @Test func `one who keeps the output open is not waited for`() async throws {
        let channel = try shell("/bin/sleep 600 & echo $! > \"$1/child\"", directory.path)
        #expect(await channel.deliver(makeDelivery(1)) == .delivered)
        let text = try content("child").trimmingCharacters(in: .whitespacesAndNewlines)
        let child = try #require(pid_t(text))
        #expect(kill(child, SIGKILL) == 0)
    }

    @Test func `cancelling ends the program`() async throws {
        let fifo = directory.file("fifo")
        try #require(mkfifo(fifo, 0o600) == 0)
        let channel = try shell("echo started > \"$1\"; exec /bin/sleep 600", fifo)
        let delivering = Task { await channel.deliver(makeDelivery(1)) }
        // Returns when the program has begun.
        let descriptor = open(fifo, O_RDONLY)
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(read(descriptor, &buffer, buffer.count) == 8, "started and a line feed")
        delivering.cancel()
        #expect(
            await delivering.value
                == .retry(error: "/bin/sh was stopped with the daemon", after: nil)
        )
    }

    @Test func `a program that the sandbox forbids leads to ExecPaths`() async throws {
        // What NoExecPaths= does, without a sandbox: root may not execute a file without an x either.
        let script = directory.file("forbidden")
        try run("/bin/sh", ["-c", "echo '#!/bin/sh' > \(script); chmod 600 \(script)"])
        let channel = try channel([script])
        guard case .retry(let error, nil) = await channel.deliver(makeDelivery(1)) else {
            Issue.record("it is to be tried again")
            return
        }
        #expect(error.contains("ExecPaths= must name it"), "\(error)")
        let settings = try configuration(
            """
            [channels.page]
            type = "command"
            argv = ["\(script)"]

            """
        ).channels[0]
        #expect(settings.obstacle?.contains("(in the service: ExecPaths=)") == true)
    }

    @Test func `a program that is missing or cannot be run is named`() async throws {
        let missing = directory.file("missing")
        #expect(
            await (try channel([missing])).deliver(makeDelivery(1))
                == .retry(
                    error: "cannot run \(missing): the file,"
                        + " or the interpreter in its first line, does not exist",
                    after: nil
                )
        )
        // Written by another process: a copy of our descriptor in any child would keep it busy.
        let script = directory.file("script")
        try run("/bin/sh", ["-c", "echo 'echo no interpreter' > \(script); chmod 755 \(script)"])
        guard
            case .retry(let error, nil) = await (try channel([script]))
                .deliver(makeDelivery(1))
        else {
            Issue.record("it is to be tried again")
            return
        }
        #expect(error.contains("must begin with #!"))
        #expect(throws: ChannelSetupError.self) { try channel([]) }
        #expect(throws: ChannelSetupError.self) { try channel(["page"]) }
        #expect(throws: ChannelSetupError.self) { try channel(["/bin/true", "a\0b"]) }
    }
}

func card(
    name: String? = "Production Deploy Key",
    renewURL: String? = "https://admin.vps.org/account/developers/",
    note: String? = nil
) throws -> TokenCard {
    TokenCard(
        id: try #require(TokenID("deploy")),
        name: name,
        provider: "vps.org",
        account: "john@example.com",
        owner: "platform team",
        renewURL: renewURL,
        note: note
    )
}
