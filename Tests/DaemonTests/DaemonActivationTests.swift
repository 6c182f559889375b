import Foundation
import Glibc
import Monitor
import Testing

/// A status socket that systemd has made: sd_listen_fds(3), by systemd-socket-activate(1).
@Suite(.timeLimit(.minutes(2)))
struct DaemonActivationTests {
    private func activate(
        _ daemon: DaemonUnderTest,
        _ options: String...,
        at socket: String? = nil
    ) async throws -> RunningProgram {
        // It closes every descriptor that it does not know, by which Foundation tells that a program
        // has ended: a shell keeps that one, names the other's process, and takes it along at its end.
        let script = """
            sh -c 'echo "$$"; exec setpriv --pdeathsig KILL -- "$@"' sh "$@"
            exit "$?"
            """
        let program = try RunningProgram(
            "/bin/sh",
            ["-c", script, "sh", "/usr/bin/systemd-socket-activate"] + options + [
                "--listen=\(socket ?? daemon.socket)", try Programs.built("tokenwatchd"), "run",
                "--config", daemon.configuration,
            ]
        )
        daemon.adopt(program)
        try await program.errors.first { $0.contains("Listening on") }
        return program
    }

    @Test(arguments: ["--fdname=status", "--fdname=tokenwatchd.socket", nil])
    func `a socket that was handed over is answered on, and stays at the stop`(
        name: String?
    ) async throws {
        try await withDaemon(starts: false) { daemon in
            let program =
                if let name { try await activate(daemon, name) } else {
                    try await activate(daemon)
                }
            // The first question starts it, and waits until it answers.
            let answer = try await daemon.ask("GET", "/v1/status")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await daemon.command("reload").status == 0, "root is known by its socket")
            let process = try await program.output.first { _ in true }
            kill(try #require(pid_t(process)), SIGTERM)
            #expect(await program.exitStatus() == 0)
            #expect(access(daemon.socket, F_OK) == 0, "it is systemd's")
            #expect(!program.errors.all.contains { $0.contains("daemon.socket") })
        }
    }

    @Test func `a socket elsewhere than commands look for it is said`() async throws {
        try await withDaemon(starts: false) { daemon in
            let elsewhere = "\(daemon.folder)/elsewhere"
            let program = try await activate(daemon, "--fdname=status", at: elsewhere)
            let asked = try await Programs.run(
                Programs.built("tokenwatchd"),
                ["events", "--socket", elsewhere]
            )
            #expect(asked.status == 0, "\(asked.errors)")
            let line = try await program.errors.first { $0.contains("daemon.socket") }
            #expect(line.contains(elsewhere) && line.contains(daemon.socket), "\(line)")
            #expect(access(daemon.socket, F_OK) != 0)
        }
    }

    @Test func `what is called otherwise is refused, for nobody would answer on it`() async throws {
        try await withDaemon(starts: false) { daemon in
            let program = try await activate(daemon, "--fdname=web")
            _ = try? await daemon.ask("GET", "/v1/status")
            #expect(await program.exitStatus() == 71)
            let line = try await program.errors.first { $0.contains("\"web\"") }
            #expect(line.contains("FileDescriptorName=status"), "\(line)")
        }
    }

    @Test func `descriptors that are meant for another process are left alone`() async throws {
        try await withDaemon(starts: false) { daemon in
            let program = try daemon.launch(environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"])
            try await program.errors.first { $0.contains(" watches ") }
            #expect(try await daemon.ask("GET", "/v1/status").status == 200)
            #expect(try await daemon.end() == 0)
            #expect(access(daemon.socket, F_OK) != 0, "its own it takes away")
        }
    }
}
