import Foundation
import Glibc
import Sandbox
import Testing

/// A log daemon that has stopped reading.
@Suite(.timeLimit(.minutes(2)), .enabled(if: geteuid() == 0, "namespaces need root"))
struct DaemonStuckLogTests {
    /// Runs the daemon and commands as another user, below the usual priority, with a full /dev/log.
    ///
    /// Dispatch then fails to raise the priority of its threads, and reports that by syslog(3).
    private static let script = """
        import os, socket, subprocess, sys
        binary, folder = sys.argv[1:]
        def run(*words):
            subprocess.run(words, check=True)
        run("mount", "-t", "tmpfs", "-o", "mode=755", "dev", "/mnt")
        for node in ("null", "zero", "random", "urandom"):
            open("/mnt/" + node, "w").close()
            run("mount", "--bind", "/dev/" + node, "/mnt/" + node)
        run("mount", "--move", "/mnt", "/dev")
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        filler.setblocking(False)
        try:
            while True:
                filler.sendto(b"x", "/dev/log")
        except BlockingIOError:
            pass
        run("chown", "-R", "65534:65534", folder)
        os.nice(5)
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary]
        config = ["--config", folder + "/tokenwatchd.toml"]
        daemon = subprocess.Popen(user + ["run"] + config, stderr=subprocess.PIPE, text=True)
        for line in daemon.stderr:
            if " watches " in line:
                break
        for command in ("check-config", "poll-now", "status"):
            print(command, subprocess.run(user + [command] + config).returncode, flush=True)
        daemon.terminate()
        print("ended", daemon.wait())
        """

    @Test func `neither the daemon nor a command waits for it`() async throws {
        var settings = Settings()
        settings.channels = "[channels.out]\ntype = \"stderr\"\n"
        try await withDaemon(settings, starts: false) { daemon in
            // The namespace ends with the first process in it, and that with the time.
            let run = try await Programs.run(
                "/usr/bin/timeout",
                [
                    "-s", "KILL", "60", "unshare", "--mount", "--pid", "--fork", "--kill-child",
                    // Dispatch looks its threads up in /proc, and traps where they are missing.
                    "--mount-proc", "python3", "-c", Self.script, Programs.built("tokenwatchd"),
                    daemon.folder,
                ]
            )
            for line in ["check-config 0", "poll-now 0", "status 0", "ended 0"] {
                #expect(run.output.contains(line), "\(line): \(run.output) \(run.errors)")
            }
        }
    }
}
