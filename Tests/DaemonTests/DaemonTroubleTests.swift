import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// The daemon reports its own failures.
@Suite(.timeLimit(.minutes(2)))
struct DaemonTroubleTests {
    @Test func `a channel whose receiver refuses is told of by the others, and always by the log`()
        async throws
    {
        var settings = Settings(Settings.Token(id: "a", config: "require = [\"billing:*\"]"))
        try await withDaemon(settings, starts: false) { daemon in
            settings.channels = """
                [channels.log]
                type = "syslog"
                socket = "\(daemon.folder)/log"
                min_severity = "critical"
                [channels.ops]
                type = "webhook"
                url = "\(daemon.sandbox.baseURL)/hooks/\(DaemonUnderTest.hook)"
                [channels.bad]
                type = "webhook"
                url = "\(daemon.sandbox.baseURL)/hooks/bad"

                """
            try daemon.configure(settings)
            var fault = Fault()
            fault.status = 410
            daemon.sandbox.setHook("bad", fault: fault)
            try await daemon.start()
            let raised = try await daemon.told("raised", "channel_failing", of: "-")
            #expect(raised.severity == "warning")
            #expect(raised.json["subject"]?.string == "daemon")
            #expect(raised.details["channel"]?.string == "bad")
            #expect(raised.summary.contains("410"), "\(raised.summary)")
            try await daemon.log.first { $0.contains("channel bad fails") }
            try await daemon.program.errors.first { $0.contains("channel bad fails") }
            // It outlasts a restart, and ends with a delivery that succeeds.
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            daemon.sandbox.setHook("bad", fault: nil)
            try daemon.sandbox.edit("a", json: #"{"permissions": ["billing:*"]}"#)
            try await daemon.pollNow()
            let end = try await daemon.told("resolved", "channel_failing", of: "-", after: raised)
            #expect(end.alertID == raised.id)
            let bad = daemon.sandbox.received("bad").compactMap { Told($0) }
            #expect(!bad.contains { $0.type == "channel_failing" })
            // It may be said again in between, if more is given up.
            let failing = daemon.told.filter { $0.type == "channel_failing" }
            #expect(failing.count { $0.phase == "raised" } == 1)
            #expect(failing.count { $0.phase == "resolved" } == 1)
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a file system needs root"))
    func
        `a full disk is said, warnings still go out, and what happened is in the record afterwards`()
        async throws
    {
        let settings = Settings(Settings.Token(id: "a"), polling: Settings.busy)
        try await withDaemon(settings, starts: false) { daemon in
            let disk = try SmallDisk(at: daemon.state)
            defer { disk.unmount() }
            try await daemon.start()
            try await daemon.untilSeen()
            try disk.fill()
            try daemon.sandbox.edit("a", json: #"{"permissions": ["*:*"]}"#)
            let change = try await daemon.told("changed", "permissions_changed")
            let raised = try await daemon.told("raised", "store_failing", of: "-")
            #expect(raised.severity == "critical")
            #expect(raised.summary.contains("free space"), "\(raised.summary)")
            let health = try await daemon.ask("GET", "/healthz")
            #expect(health.status == 503)
            #expect(health.text.contains("cannot be written"))
            try daemon.sandbox.edit("a", json: #"{"revoked": true}"#)
            _ = try await daemon.told("raised", "rejected")
            try disk.free()
            let end = try await daemon.told("resolved", "store_failing", of: "-", after: raised)
            #expect(end.alertID == raised.id)
            try await eventually { try await daemon.ask("GET", "/healthz").status == 200 }
            let recorded = try await daemon.events().map(\.id)
            #expect(recorded == recorded.sorted())
            for event in [change, raised, end] { #expect(recorded.contains(event.id)) }
            #expect(daemon.told.count { $0.type == "store_failing" } == 2)
        }
    }
}

/// A file system of one mebibyte in memory.
struct SmallDisk: Sendable {
    let path: String

    static let isPossible: Bool = {
        let path = "/tmp/twd-disk-\(getpid())"
        guard mkdir(path, 0o700) == 0 else { return false }
        defer { rmdir(path) }
        guard mount("none", path, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount(path) == 0
    }()

    init(at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try #require(mount("none", path, "tmpfs", 0, "size=1m,mode=0700") == 0)
    }

    /// Leaves no room.
    func fill() throws {
        let file = open(path + "/ballast", O_CREAT | O_WRONLY, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
    }

    func free() throws {
        try #require(unlink(path + "/ballast") == 0)
    }

    func unmount() {
        umount2(path, Int32(MNT_DETACH))
    }
}
