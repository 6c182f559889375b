import Foundation
import Glibc
import Monitor
import Sandbox
import System
import Testing

extension DaemonUnderTest {
    /// Starts the daemon as systemd would, and returns where it tells how it is.
    fileprivate func serve(
        _ environment: [String: String] = [:],
        at name: String? = nil
    ) throws -> NotifySocket {
        let socket = try NotifySocket(name ?? "\(folder)/notify")
        try launch(environment: environment.merging(["NOTIFY_SOCKET": socket.name]) { $1 })
        return socket
    }
}

/// What the daemon tells systemd of itself: sd_notify(3).
@Suite(.timeLimit(.minutes(2)))
struct DaemonServiceTests {
    @Test(arguments: ["/tmp/twd-notify-\(getpid())", "@twd-notify-\(getpid())"])
    func `systemd hears of the start, of each reload and of the stop`(name: String) async throws {
        defer { unlink(name) }
        try await withDaemon(starts: false) { daemon in
            let systemd = try daemon.serve(at: name)
            defer { systemd.close() }
            let ready = try await systemd.first("READY=1")
            #expect(systemd.messages.all.first == ready)
            #expect(ready.contains("STATUS=1 token: 1 no data yet"), "\(ready)")
            // What is seen is said without waiting for a turn of the clock.
            try await systemd.first("STATUS=1 token, all ok; next poll in ")

            for text in [nil, "[daemon\n"] {
                let before = systemd.messages.all.count
                if let text { try daemon.write(text, to: daemon.configuration) }
                let asked = SystemClock.monotonicMicroseconds()
                try daemon.program.signal(SIGHUP)
                let reloading = try await systemd.first("RELOADING=1", after: before)
                let said = reloading.split(separator: "\n").map(String.init)
                let began = said.first { $0.hasPrefix("MONOTONIC_USEC=") }?.dropFirst(15)
                #expect(try #require(began.flatMap { Int64($0) }) >= asked)
                let ready = try await systemd.first("READY=1", after: before)
                #expect(ready.contains("STATUS=1 token"), "\(ready)")
            }
            try await systemd.first("1 alert of hosts or tokenwatchd itself")

            #expect(try await daemon.end() == 0)
            let stopping = try await systemd.first("STOPPING=1")
            #expect(stopping.contains("STATUS=stopping"))
            #expect(!systemd.messages.all.contains { $0.contains("WATCHDOG=1") })
            #expect(!systemd.messages.all.contains { $0.contains("EXTEND_TIMEOUT_USEC") })
        }
    }

    @Test func `reloads that are asked for at once all take place`() async throws {
        try await withDaemon(starts: false) { daemon in
            let systemd = try daemon.serve()
            defer { systemd.close() }
            try await systemd.first("READY=1")
            let outcomes = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 1...6 { group.addTask { try await daemon.command("reload").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == [0, 0, 0, 0, 0, 0])
            let words = systemd.messages.all.compactMap { $0.split(separator: "\n").first }
                .filter { !$0.hasPrefix("STATUS") }
            let reload: [Substring] = ["RELOADING=1", "READY=1"]
            #expect(words == ["READY=1"] + Array(repeating: reload, count: 6).joined())
        }
    }

    @Test func `the line tells how many tokens are how`() async throws {
        let settings = Settings(
            .init(id: "a"),
            .init(id: "b", config: "require = [\"billing:*\"]"),
            .init(id: "c", config: "allow = []"),
            .init(id: "d", play: "revoked = true")
        )
        try await withDaemon(settings, starts: false) { daemon in
            let systemd = try daemon.serve()
            defer { systemd.close() }
            try await systemd.first("STATUS=4 tokens: 2 critical, 1 warning; next poll in ")
        }
    }

    @Test func `a watchdog hears that the daemon lives, unless it is another process's`()
        async throws
    {
        try await withDaemon(starts: false) { daemon in
            let other = try daemon.serve(
                ["WATCHDOG_USEC": "300000", "WATCHDOG_PID": "1"],
                at: "\(daemon.folder)/other"
            )
            defer { other.close() }
            try await other.first("all ok")
            #expect(try await daemon.end() == 0)
            try await other.first("STOPPING=1")
            #expect(!other.messages.all.contains { $0.contains("WATCHDOG=1") })

            let own = try daemon.serve(["WATCHDOG_USEC": "300000"])
            defer { own.close() }
            for _ in 1...5 { try await own.first("WATCHDOG=1", after: own.messages.all.count) }
        }
    }

    @Test func `while the store does not go on no watchdog is told that all is well`()
        async throws
    {
        try await withDaemon(Settings(.init(id: "a"), polling: Settings.busy), starts: false) {
            daemon in
            let systemd = try daemon.serve(["WATCHDOG_USEC": "900000"])
            defer { systemd.close() }
            try await systemd.first("all ok")
            try await systemd.first("WATCHDOG=1")
            // Someone else writes, and does not end: the store waits, as for a disk that hangs.
            let script = """
                import sqlite3, sys, time
                base = sqlite3.connect(sys.argv[1], isolation_level=None)
                base.execute("BEGIN IMMEDIATE")
                time.sleep(4)
                """
            let writer = try RunningProgram(
                "/usr/bin/python3",
                ["-c", script, "\(daemon.state)/state.db"]
            )
            daemon.adopt(writer)
            try await systemd.first("STATUS=1 token, all ok; the store does not answer")
            let stuck = systemd.messages.all.count
            #expect(await writer.exitStatus() == 0)
            try await systemd.first("WATCHDOG=1", after: stuck)
            let after = systemd.messages.all.dropFirst(stuck)
            #expect(after.first?.contains("STATUS=1 token, all ok") == true, "\(after)")
        }
    }

    @Test func `what takes long asks for more time until it has ended`() async throws {
        let systemd = try NotifySocket("@twd-patience-\(getpid())")
        defer { systemd.close() }
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": systemd.name])
        let patience = TimeoutExtension(
            manager,
            "starting",
            first: .milliseconds(10),
            pause: .milliseconds(20)
        )
        for count in 1...3 {
            let asked = try await systemd.first("EXTEND_TIMEOUT_USEC=60000", after: count - 1)
            #expect(asked.contains("STATUS=starting for 0 s"))
        }
        patience.end()
        manager.stopping()
        try await systemd.first("STOPPING=1")
        let quick = TimeoutExtension(manager, "starting")
        quick.end()
    }

    @Test func `names that are no socket's are passed over`() {
        for name in ["", "@", "relative", "vsock:2:1234"] {
            #expect(!ServiceManager(environment: ["NOTIFY_SOCKET": name]).isListening)
        }
        let watchdogs: [(String?, Duration?)] = [
            (nil, nil), ("0", nil), ("-1", nil), ("x", nil), ("99999999999999999999", nil),
            ("2000000", .seconds(2)),
        ]
        for (value, expected) in watchdogs {
            var environment = ["NOTIFY_SOCKET": "/run/x"]
            environment["WATCHDOG_USEC"] = value
            #expect(ServiceManager(environment: environment).watchdog == expected)
        }
    }
}
