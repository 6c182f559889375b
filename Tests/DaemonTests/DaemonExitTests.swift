import Foundation
import Glibc
import HTTP
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonExitTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal ends it with 0 while a poll hangs, and takes the socket away`(
        signal: Int32
    ) async throws {
        let token = Settings.Token(id: "a", play: "fault = { latency = \"10m\" }")
        let polling = "interval = \"1h\"\ntimeout = \"5m\""
        try await withDaemon(Settings(token, polling: polling)) { daemon in
            try await daemon.sandbox.wait { $0.inFlight == 1 }
            #expect(try await daemon.end(signal) == 0)
            #expect(access(daemon.socket, F_OK) != 0)
            #expect(daemon.errors.contains("stopped"))
        }
    }

    @Test func `a signal ends it with 0 while a webhook hangs`() async throws {
        let token = Settings.Token(id: "a", play: "expires = \"+1d\"")
        try await withDaemon(Settings(token), starts: false) { daemon in
            var fault = Sandbox.Fault()
            fault.latency = .seconds(600)
            daemon.sandbox.setHook(DaemonUnderTest.hook, fault: fault)
            try await daemon.start()
            try await daemon.sandbox.wait { !$0.received(DaemonUnderTest.hook).isEmpty }
            #expect(try await daemon.end() == 0)
        }
    }

    @Test func `a wrong configuration ends it with 78 and every error with its place`()
        async throws
    {
        try await withDaemon(starts: false) { daemon in
            let text = """
                [daemon]
                state_dir = "\(daemon.state)"
                socket = "\(daemon.socket)"
                [polling]
                intervall = "1h"
                timeout = 5
                [tokens.a]
                secret_file = "secrets/a"
                [tokens.B]
                """
            try daemon.write(text, to: daemon.configuration)
            let run = try daemon.launch()
            #expect(await run.exitStatus() == 78)
            let errors = try await run.ended().errors
            for words in [
                ":5:1: ", "interval", ":6:11: ", "timeout", ":8:", "absolute", ":9:",
            ] {
                #expect(errors.contains(words), "\(words) in \(errors)")
            }
            #expect(access(daemon.state, F_OK) != 0)
            let check = try await daemon.offline("check-config")
            #expect(check.status == 78)
            #expect(check.errors.components(separatedBy: "\n").count >= 4, "\(check.errors)")
        }
    }

    @Test func `without tokens it runs, says so, and ends with 0`() async throws {
        try await withDaemon(starts: false) { daemon in
            try daemon.write(
                """
                [daemon]
                state_dir = "\(daemon.state)"
                socket = "\(daemon.socket)"

                """,
                to: daemon.configuration
            )
            try await daemon.start()
            #expect(try await daemon.command("status").output.hasPrefix("No tokens configured."))
            #expect(try await daemon.end() == 0)
            #expect(daemon.errors.contains("no tokens configured"), "\(daemon.errors)")
        }
    }

    @Test func `a second daemon on the same state is refused with 74 before it touches anything`()
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            var before = stat()
            stat(daemon.socket, &before)
            let second = try await daemon.offline("run")
            #expect(second.status == 74)
            let pid = try daemon.program.processID
            #expect(second.errors.contains("\(pid)"), "\(second.errors)")
            #expect(second.errors.contains(daemon.state), "\(second.errors)")
            var after = stat()
            stat(daemon.socket, &after)
            #expect(before.st_ino == after.st_ino)
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(try await daemon.end() == 0)
        }
    }

    @Test(arguments: ["file/state", "missing/state/deep", "file"])
    func `a state directory that cannot be used ends it with 74 and names it`(
        path: String
    ) async throws {
        var settings = Settings()
        settings.channels = "[channels.log]\ntype = \"syslog\"\n"
        try await withDaemon(settings, starts: false) { daemon in
            try daemon.write("", to: "\(daemon.folder)/file")
            let text = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
            let place = "\(daemon.folder)/\(path)"
            try daemon.write(
                text.replacingOccurrences(of: daemon.state, with: place),
                to: daemon.configuration
            )
            let run = try daemon.launch()
            #expect(await run.exitStatus() == 74)
            #expect(try await run.ended().errors.contains(place))
            #expect(access(daemon.socket, F_OK) != 0)
        }
    }

    @Test func `too low a limit of open files ends it with 71, and the least one works`()
        async throws
    {
        let token = Settings.Token(id: "a", play: "expires = \"+90d\"")
        try await withDaemon(Settings(token), starts: false) { daemon in
            let run = try daemon.launch(openFiles: OpenFiles.least - 1)
            #expect(await run.exitStatus() == 71)
            let errors = try await run.ended().errors
            #expect(errors.contains("the limit of open files is 47, and the daemon needs 48"))
            #expect(access(daemon.socket, F_OK) != 0)
            try daemon.launch(openFiles: OpenFiles.least)
            try await daemon.program.errors.first { $0.contains(" watches ") }
            #expect(try await daemon.command("status").output.contains("1 token"))
        }
    }

    @Test func `a socket that another answers on is left alone, and ends it with 71`() async throws
    {
        try await withDaemon(starts: false) { daemon in
            let other = try ListeningSocket.unix(path: daemon.socket, mode: 0o600)
            let run = try daemon.launch()
            let status = await run.exitStatus()
            #expect(status == 71)
            let errors = try await run.ended().errors
            #expect(errors.contains(daemon.socket), "\(errors)")
            #expect(access(daemon.socket, F_OK) == 0)
            other.close()
            // What a crash leaves is no obstacle.
            try await daemon.start()
            try await daemon.end(SIGKILL)
            #expect(access(daemon.socket, F_OK) == 0)
            try await daemon.start()
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
        }
    }

    @Test func `a damaged database is set aside by name, said loudly, and it starts afresh`()
        async throws
    {
        try await withDaemon(Settings(.init(id: "a", play: "expires = \"+1d\""))) { daemon in
            let first = try await daemon.told("raised", "expiring")
            try await daemon.end()
            let database = "\(daemon.state)/state.db"
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: database)))
            for index in 100..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index) }
            try Data(bytes).write(to: URL(filePath: database))
            try await daemon.start()
            let files = try FileManager.default.contentsOfDirectory(atPath: daemon.state)
            let aside = try #require(files.sorted().first { $0.hasPrefix("state.db.damaged-") })
            #expect(daemon.errors.contains("error: the state was damaged"))
            #expect(daemon.errors.contains("\(daemon.state)/\(aside)"))
            // Current alerts are sent again, nothing worse.
            let again = try await daemon.told("raised", "expiring", after: first)
            #expect(again.id != first.id)
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
        }
    }

    @Test func `the state is for its owner alone`() async throws {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            func mode(_ path: String) -> mode_t {
                var status = stat()
                return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
            }
            #expect(mode(daemon.state) == 0o700)
            for file in ["state.db", "state.db-wal", "state.db-shm", "lock"] {
                #expect(mode("\(daemon.state)/\(file)") == 0o600, "\(file)")
            }
            #expect(mode(daemon.socket) == 0o660)
        }
    }
}
