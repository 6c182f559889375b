import Foundation
import Glibc
import Sandbox
import Testing

/// The daemon as a container runs it: PID 1, no log daemon, secrets on a read-only mount.
@Suite(.timeLimit(.minutes(2)), .enabled(if: geteuid() == 0, "namespaces need root"))
struct DaemonContainerTests {
    @Test func `as PID 1 it takes mounted secrets, writes events to standard error, and stops`()
        async throws
    {
        var settings = Settings(
            Settings.Token(id: "a", config: "secret_file = \"/mnt/a\"", play: "revoked = true"),
            Settings.Token(id: "b", config: "secret_credential = \"b\"\n# secret_file")
        )
        settings.channels = "[channels.out]\ntype = \"stderr\"\nformat = \"json\"\n"
        settings.confirmAfter = "0s"
        try await withDaemon(settings, starts: false) { daemon in
            let binary = try Programs.built("tokenwatchd")
            // What a runtime does: a file system of its own, read-only, with files of mode 0444.
            let inside = """
                set -e
                mount -t tmpfs tmpfs /mnt
                for id in a b; do printf 's3cret-%s\\n' $id >/mnt/$id; chmod 0444 /mnt/$id; done
                mount -o remount,ro /mnt
                export CREDENTIALS_DIRECTORY=/mnt
                '\(binary)' check-config --config '\(daemon.configuration)'
                exec '\(binary)' run --config '\(daemon.configuration)'
                """
            let script = """
                unshare --mount --pid --fork --mount-proc sh -c "$INSIDE" >'\(daemon.folder)/out' 2>&1 &
                for i in $(seq 300); do
                    grep -q '"type":"rejected","phase":"raised"' '\(daemon.folder)/out' && break
                    sleep 0.1
                done
                kill -TERM $(ps -o pid= --ppid $!)
                wait $!
                echo "status $?"
                cat '\(daemon.folder)/out'
                """
            let run = try await Programs.run(
                "/bin/sh",
                ["-c", script],
                environment: ["INSIDE": inside, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
            )
            #expect(run.output.contains("status 0"), "\(run.output)")
            #expect(run.output.contains("ok: 2 tokens, 1 channel"), "\(run.output)")
            #expect(run.output.contains("notifying by out (stderr, json)"), "\(run.output)")
            #expect(run.output.contains(#""type":"rejected","phase":"raised""#), "\(run.output)")
            #expect(run.output.contains(" stopped"), "\(run.output)")
            #expect(!run.output.contains("s3cret-"))
        }
    }
}
