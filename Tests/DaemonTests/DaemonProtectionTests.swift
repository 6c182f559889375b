import Formats
import Foundation
import Glibc
import HTTP
import Monitor
import Sandbox
import Store
import Testing

/// Protection of the processes, and their behaviour when descriptors or memory run out.
@Suite(.timeLimit(.minutes(2)))
struct DaemonProtectionTests {
    /// Starts a program that may dump its core, and breaks it on SIGUSR1.
    ///
    /// The arguments are a folder and the program's; "now" before them does not wait for the signal. The
    /// toolchain's own crash reporter is left out, because it may not look into such a process. Root
    /// lifts the limit again at the end, so that only the process's own refusal is left.
    private static let breaker = """
        import os, resource, signal, sys
        os.environ["SWIFT_BACKTRACE"] = "enable=no"
        waits = sys.argv[1] != "now"
        if not waits: del sys.argv[1]
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        os.chdir(sys.argv[1])
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
            resource.setrlimit(resource.RLIMIT_CORE, (most, most))
            os.execv(sys.argv[2], sys.argv[2:])
        if waits: signal.sigwait([signal.SIGUSR1])
        try:
            resource.prlimit(child, resource.RLIMIT_CORE, (most, most))
        except OSError:
            pass
        os.kill(child, signal.SIGSEGV)
        status = os.waitpid(child, 0)[1]
        print(os.WTERMSIG(status), os.WCOREDUMP(status))
        """

    private func start(_ words: [String]) throws -> RunningProgram {
        try RunningProgram("/usr/bin/python3", ["-c", Self.breaker] + words)
    }

    @Test(arguments: ["poll", "run", "add", "rotate"])
    func `a command that holds a secret leaves no core dump`(command: String) async throws {
        try await withDaemon(starts: false) { daemon in
            // A machine may have no core dumps at all: then there is nothing to see here.
            let control = try start(["now", daemon.folder, "/bin/sleep", "1000"])
            guard try await control.ended().output == "11 True" else { return }
            try daemon.sandbox.edit("a", json: "{\"fault\": {\"latency_ms\": 60000}}")
            var words = [command, "--config", daemon.configuration]
            switch command {
            case "add": words += ["b", "--base-url", daemon.sandbox.baseURL]
            case "rotate": words.append("a")
            default: break
            }
            // The secret that `add` reads is that of `a`; `rotate` compares another one with it.
            let given =
                command == "rotate" ? "/proc/sys/kernel/random/uuid" : daemon.secretFile("a")
            let program = try start(
                [daemon.folder, "/bin/sh", "-c", "exec \"$@\" <\(given)", "sh"]
                    + [try Programs.built("tokenwatchd")] + words
            )
            try await daemon.sandbox.wait { $0.inFlight == 1 }
            program.signal(SIGUSR1)
            #expect(try await program.ended().output == "11 False")
        }
    }

    /// Takes the last descriptor from a daemon, waits until it says so, and gives all back.
    ///
    /// The arguments are its socket and process.
    private static let taker = """
        import http.client, resource, socket, sys, time
        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(sys.argv[1])
        client = Connection("tokenwatchd")
        def health():
            client.request("GET", "/healthz")
            answer = client.getresponse()
            return answer.status, answer.read().decode()
        process = int(sys.argv[2])
        print(health()[0])
        soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (1, hard))
        while health()[0] == 200: time.sleep(0.01)
        print(health()[1])
        resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))
        while health()[0] != 200: time.sleep(0.01)
        print(health()[0])
        """

    @Test func `a daemon without descriptors is unhealthy, and blames no token for it`()
        async throws
    {
        let tokens = Settings(.init(id: "a"), .init(id: "b"), polling: Settings.busy)
        try await withDaemon(tokens) { daemon in
            for id in ["a", "b"] { try await daemon.untilSeen(id) }
            let run = try await Programs.run(
                "/usr/bin/python3",
                ["-c", Self.taker, daemon.socket, "\(daemon.program.processID)"]
            )
            try #require(run.status == 0, "\(run.errors)")
            let lines = run.output.split(separator: "\n")
            #expect(lines.first == "200" && lines.last == "200")
            #expect(run.output.contains("Too many open files"), "\(run.output)")
            for id in ["a", "b"] {
                let token = try await daemon.token(id)
                #expect(token["alerts"]?.elements?.isEmpty == true, "\(token)")
                #expect(token["last_outcome"]?.string == "ok")
            }
            // Nothing is raised but the daemon's own alert, and that once.
            _ = try await daemon.told("raised", "out_of_resources", of: "-")
            let raised = try await daemon.events().filter { $0.phase == "raised" }
            #expect(raised.map(\.words) == ["raised out_of_resources -"])
        }
    }
}
