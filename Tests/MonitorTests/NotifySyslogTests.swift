import Alerting
import Foundation
import Glibc
import Testing

@testable import Monitor

/// A Unix socket that listens in the place of a log daemon; it receives nothing if nothing comes.
private final class LogDaemon {
    let path: String
    private let descriptor: Int32

    init(path: String, type: __socket_type = SOCK_DGRAM) throws {
        self.path = path
        descriptor = newSocket(AF_UNIX, type)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        setPatience(of: descriptor)
        if type == SOCK_STREAM { try #require(listen(descriptor, 4) == 0) }
    }

    deinit {
        // A child between fork and exec still has it, and would keep it open.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
        unlink(path)
    }

    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
    }

    /// What the first connection to a stream brings, up to and with a zero byte.
    func receiveStream() -> [UInt8] {
        let connection = accept(descriptor, nil, nil)
        setPatience(of: connection)
        defer { close(connection) }
        var received: [UInt8] = []
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 {
            received.append(byte)
            if byte == 0 { break }
        }
        return received
    }
}

@Suite(.timeLimit(.minutes(1)))
struct NotifySyslogTests {
    private let path = "/tmp/tokenwatchd-log-\(UUID().uuidString.prefix(8)).sock"

    private func channel(_ facility: SyslogFacility = .daemon) throws -> SyslogChannel {
        try SyslogChannel(
            name: "log",
            path: path,
            facility: facility,
            processID: 42,
            clock: { notifyStart }
        )
    }

    @Test func `a message has the form that glibc's syslog sends`() async throws {
        let daemon = try LogDaemon(path: path)
        let channel = try channel()
        #expect(await channel.deliver(makeDelivery(1, subject: "token:deploy")) == .delivered)
        let pattern =
            "^<28>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} tokenwatchd\\[42\\]: "
            + "warning: deploy expires 2026-11-28 07:00 UTC \\(in 6 d 23 h\\) "
            + "\\[expiring raised token=deploy event=[0-9A-Z]{26}\\]$"
        let message = daemon.receive()
        #expect(message.range(of: pattern, options: .regularExpression) != nil, "\(message)")
    }

    @Test(arguments: [
        (Severity.critical, Event.Phase.raised, SyslogFacility.daemon, "<26>", "critical: "),
        (.warning, .reminded, .daemon, "<28>", "warning: "),
        (.info, .changed, .daemon, "<30>", "info: "),
        (.critical, .resolved, .daemon, "<29>", "resolved: "),
        (.critical, .raised, .user, "<10>", "critical: "),
        (.critical, .raised, .local7, "<186>", "critical: "),
        (.info, .changed, .authpriv, "<86>", "info: "),
    ])
    func `the priority is of facility, severity and phase`(
        severity: Severity,
        phase: Event.Phase,
        facility: SyslogFacility,
        priority: String,
        word: String
    ) {
        let text = String(
            decoding: SyslogMessage.bytes(
                of: makeDelivery(1, subject: "daemon", phase: phase, severity: severity),
                facility: facility,
                processID: 1,
                at: notifyStart
            ),
            as: UTF8.self
        )
        #expect(text.hasPrefix(priority))
        #expect(text.contains("tokenwatchd[1]: " + word))
        #expect(text.contains(" daemon event="))
    }

    @Test func `a facility has its name in the configuration`() {
        #expect(SyslogFacility(rawValue: "daemon")?.number == 3)
        #expect(SyslogFacility(rawValue: "local0")?.number == 16)
        #expect(SyslogFacility(rawValue: "local7")?.number == 23)
        #expect(SyslogFacility(rawValue: "cron")?.number == 9)
        #expect(SyslogFacility(rawValue: "authpriv")?.number == 10)
        #expect(SyslogFacility(rawValue: "kern") == nil)
    }

    @Test func `control characters are spelled out`() {
        let hostile = "a\nb\r\u{1b}[31mc\u{0}\u{9b}\u{202e}d\u{2028}e\u{7f}ü"
        #expect(
            hostile.escapedForTerminal(maximumBytes: 1000)
                == "a\\u{a}b\\u{d}\\u{1b}[31mc\\u{0}\\u{9b}\\u{202e}d\\u{2028}e\\u{7f}ü"
        )
    }

    @Test(arguments: [9, 10, 11])
    func `a text that is too long ends with a mark, within its bytes`(count: Int) {
        let line = String(repeating: "x", count: count).escapedForTerminal(maximumBytes: 10)
        #expect(line == (count > 10 ? "xxxxxxx…" : String(repeating: "x", count: count)))
        #expect(line.utf8.count <= 10)
    }

    @Test func `a message of 8 KiB keeps its facts`() async throws {
        let daemon = try LogDaemon(path: path)
        let long = makeDelivery(1, summary: String(repeating: "ü", count: 100_000))
        let channel = try channel()
        #expect(await channel.deliver(long) == .delivered)
        let message = daemon.receive()
        #expect((8180...8192).contains(message.utf8.count))
        #expect(message.contains("ü… [expiring raised token=t1 event="))
    }

    @Test func `a log daemon that was restarted gets the next message`() async throws {
        let channel = try channel()
        var daemon: LogDaemon? = try LogDaemon(path: path)
        #expect(await channel.deliver(makeDelivery(1)) == .delivered)
        #expect(daemon?.receive().contains("token=t1") == true)
        daemon = nil
        let gone = await channel.deliver(makeDelivery(2))
        #expect(
            gone == .retry(error: "\(path) does not exist; start a log daemon", after: nil)
        )
        let next = try LogDaemon(path: path)
        #expect(await channel.deliver(makeDelivery(3)) == .delivered)
        #expect(next.receive().contains("token=t3"))
    }

    @Test func `a restart between two messages loses none`() async throws {
        let channel = try channel()
        var daemon: LogDaemon? = try LogDaemon(path: path)
        #expect(await channel.deliver(makeDelivery(1)) == .delivered)
        daemon = nil
        daemon = try LogDaemon(path: path)
        #expect(await channel.deliver(makeDelivery(2)) == .delivered)
        #expect(daemon?.receive().contains("token=t2") == true)
    }

    @Test func `a socket nobody listens on is tried again`() async throws {
        // Bound and closed without being removed.
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = newSocket(AF_UNIX, SOCK_DGRAM)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        close(descriptor)
        defer { unlink(path) }
        guard case .retry(let error, nil) = try await channel().deliver(makeDelivery(1)) else {
            Issue.record("a refused connection is not final")
            return
        }
        #expect(error.contains("nobody listens"))
    }

    @Test func `a stuck log daemon is left after a bounded wait`() async throws {
        let daemon = try LogDaemon(path: path)
        let channel = try channel()
        var result = DeliveryResult.delivered
        // The kernel queues net.unix.max_dgram_qlen messages, 10 to some hundred; nobody reads them.
        var sent = 0
        while result == .delivered && sent < 20_000 {
            result = await channel.deliver(makeDelivery(Int64(sent)))
            sent += 1
        }
        guard case .retry(let error, nil) = result else {
            Issue.record("\(result) after \(sent)")
            return
        }
        #expect(error.contains("stayed full"))
        #expect(daemon.receive().contains("token=t0"))
    }

    @Test func `a stream socket gets messages that end with a zero byte`() async throws {
        let daemon = try LogDaemon(path: path, type: SOCK_STREAM)
        let channel = try channel()
        #expect(await channel.deliver(makeDelivery(7)) == .delivered)
        let received = daemon.receiveStream()
        #expect(received.last == 0)
        #expect(String(decoding: received.dropLast(), as: UTF8.self).contains("token=t7"))
    }

    @Test(arguments: ["", "log", "/" + String(repeating: "x", count: 107), "/a\0b"])
    func `a path that no socket can have is refused`(path: String) {
        #expect(throws: ChannelSetupError.self) {
            try SyslogChannel(name: "log", path: path, clock: { notifyStart })
        }
    }
}
