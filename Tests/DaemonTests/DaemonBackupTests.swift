import Foundation
import Glibc
import Monitor
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonBackupTests {
    @Test func `a copy made while the daemon runs starts another with the same record`()
        async throws
    {
        try await withDaemon(Settings(.init(id: "a", play: "expires = \"+10d\""))) { daemon in
            let raised = try await daemon.told("raised", "expiring")
            let copy = "\(daemon.folder)/copy.db"
            let made = try await daemon.offline("backup", copy)
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.contains(copy), "\(made.output)")
            let mode = try #require(
                try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int
            )
            #expect(mode == 0o600)

            // It is whole by itself: the log beside the original is in it.
            #expect(try await daemon.end() == 0)
            for suffix in ["", "-wal", "-shm"] { unlink("\(daemon.state)/state.db\(suffix)") }
            #expect(rename(copy, "\(daemon.state)/state.db") == 0)
            try await daemon.start()
            #expect(try await daemon.events().contains { $0.id == raised.id })
        }
    }

    @Test func `a file that exists is left as it is`() async throws {
        try await withDaemon { daemon in
            let file = "\(daemon.folder)/mine"
            try daemon.write("precious", to: file)
            let refused = try await daemon.offline("backup", file)
            #expect(refused.status == 74)
            #expect(refused.errors.contains("exists already"), "\(refused.errors)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
        }
    }

    @Test func `without a state, a place or a file name there is no copy`() async throws {
        try await withDaemon(starts: false) { daemon in
            let file = "\(daemon.folder)/copy.db"
            let none = try await daemon.offline("backup", file)
            #expect(none.status == 74)
            #expect(none.errors.contains("does not exist"), "\(none.errors)")
            #expect(access(file, F_OK) != 0)
            #expect(try await daemon.offline("backup").status == 64)
            try await daemon.start()
            let nowhere = try await daemon.offline("backup", "\(daemon.folder)/no/where")
            #expect(nowhere.status == 74)
            #expect(nowhere.errors.contains("cannot be created"), "\(nowhere.errors)")
        }
    }

    @Test func `the state of a stopped daemon is copied, and stays that of its owner`()
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            #expect(try await daemon.end() == 0)
            // Root makes the copy of what is another user's, as under systemd.
            let owner: uid_t = getuid() == 0 ? 65534 : getuid()
            #expect(chown("\(daemon.state)/state.db", owner, owner) == 0)
            let file = "\(daemon.folder)/copy.db"
            #expect(try await daemon.offline("backup", file).status == 0)
            let manager = FileManager.default
            for name in try manager.contentsOfDirectory(atPath: daemon.state) where name != "lock" {
                let found = try manager.attributesOfItem(atPath: "\(daemon.state)/\(name)")
                #expect(found[.ownerAccountID] as? Int == Int(owner), "\(name)")
                #expect(found[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            #expect(chown("\(daemon.state)/state.db", getuid(), getgid()) == 0)
            try await daemon.start()
            #expect(try await daemon.events().contains { $0.type == "first_seen" })
        }
    }

    @Test func `a copy that was cut off is not taken for one`() async throws {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            // No room: some of it is written, and then no more.
            let file = "\(daemon.folder)/copy.db"
            let cut = try await Programs.run(
                "/bin/sh",
                [
                    "-c", "ulimit -f 8; trap '' XFSZ; exec \"$0\" backup \"$1\" --config \"$2\"",
                    try Programs.built("tokenwatchd"), file, daemon.configuration,
                ]
            )
            #expect(cut.status == 74, "\(cut.output)")
            let left = try FileManager.default.contentsOfDirectory(atPath: daemon.folder)
            #expect(!left.contains { $0.hasPrefix("copy.db") }, "\(left)")
        }
    }
}
