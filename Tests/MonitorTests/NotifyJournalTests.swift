import Alerting
import Foundation
import Glibc
import Testing

@testable import Monitor

/// Entries in a real systemd-journald, which has a `/run` of its own.
@Suite(.enabled(if: geteuid() == 0, "journald needs a mount namespace"), .timeLimit(.minutes(1)))
struct NotifyJournalReceiverTests {
    @Test func `an event is found in the journal by its fields`() async throws {
        let journal = try Journal()
        let channel = try journal.channel()
        let body = #"{"version":1,"summary":"a \"quoted\" ü"}"#
        let delivery = makeDelivery(
            7,
            subject: "token:deploy",
            severity: .critical,
            summary: "deploy expires\nsoon \u{1b}[31m",
            body: body
        )
        #expect(await channel.deliver(delivery) == .delivered)
        let entry = try journal.entry("TOKENWATCH_EVENT_ID=\(delivery.eventID)")
        #expect(entry["MESSAGE"] == "critical: deploy expires\\u{a}soon \\u{1b}[31m")
        #expect(entry["PRIORITY"] == "2")
        #expect(entry["SYSLOG_IDENTIFIER"] == "tokenwatchd")
        #expect(entry["SYSLOG_FACILITY"] == "3")
        #expect(entry["TOKENWATCH_TOKEN"] == "deploy")
        #expect(entry["TOKENWATCH_HOST"] == nil)
        #expect(entry["TOKENWATCH_TYPE"] == "expiring")
        #expect(entry["TOKENWATCH_PHASE"] == "raised")
        #expect(entry["TOKENWATCH_SEVERITY"] == "critical")
        #expect(entry["TOKENWATCH_EVENT"] == body)
        #expect(entry["MESSAGE_ID"] == "ef1d1afe2d63dc355cd06a9b422cb758")
    }

    @Test func `a value of several lines arrives as it is`() async throws {
        let journal = try Journal()
        let body = "{\n  \"a\": 1\nMESSAGE=forged\n}\n"
        let delivery = makeDelivery(1, subject: "host:admin.vps.org", body: body)
        #expect(await (try journal.channel()).deliver(delivery) == .delivered)
        let entry = try journal.entry("TOKENWATCH_HOST=admin.vps.org")
        #expect(entry["TOKENWATCH_EVENT"] == body)
        #expect(entry["MESSAGE"] == "warning: \(delivery.summary)")
        #expect(entry["TOKENWATCH_TOKEN"] == nil)
    }

    @Test func `an entry too large for a datagram arrives whole`() async throws {
        let journal = try Journal()
        let channel = try journal.channel()
        let body = "{\"long\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
        let result = await channel.deliver(makeDelivery(1, type: "test", body: body))
        try #require(result == .delivered)
        let entry = try journal.entry("TOKENWATCH_TYPE=test", "--all")
        #expect(entry["TOKENWATCH_EVENT"] == body)
        // The connection is as good as before.
        #expect(await channel.deliver(makeDelivery(2, type: "rotated")) == .delivered)
        #expect(try journal.entry("TOKENWATCH_TYPE=rotated")["PRIORITY"] == "4")
    }
}

struct NotifyJournalMessageTests {
    @Test func `a field is a line, and with a line feed in it has its length before it`() {
        var entry: [UInt8] = []
        JournalMessage.append("A", "b=c", to: &entry)
        JournalMessage.append("D", "e\nf", to: &entry)
        #expect(
            entry == Array("A=b=c\nD\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("e\nf\n".utf8)
        )
    }

    @Test func `every type of event has a message id of its own`() {
        let types =
            Condition.allCases.map(\.rawValue) + Change.allCases.map(\.rawValue)
            + [Event.Kind.test.name]
        let ids = types.compactMap(JournalMessageID.of)
        #expect(ids.count == types.count)
        #expect(Set(ids).count == types.count)
        #expect(JournalMessageID.table.count == types.count)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func `a journal that is not there is waited for`() async throws {
        let path = "/tmp/tokenwatchd-no-journal-\(UUID().uuidString.prefix(8))"
        let channel = try JournalChannel(name: "log", socket: path)
        #expect(
            await channel.deliver(makeDelivery(1))
                == .retry(error: "\(path) does not exist; start a log daemon", after: nil)
        )
    }
}

/// A journald of its own.
private final class Journal {
    private let directory = try? TemporaryDirectory()
    private let daemon: ReceiverProcess

    init() throws {
        let directory = try #require(directory)
        let notifications = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(notifications) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = directory.file("notify")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(notifications, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let script = """
            mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal \
            && exec /lib/systemd/systemd-journald
            """
        daemon = try ReceiverProcess(
            ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script],
            package: "systemd",
            environment: ["NOTIFY_SOCKET": path]
        )
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(notifications, &buffer, buffer.count, 0)
        let said = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
        try #require(said.contains("READY=1"), "\(said)")
    }

    private var root: String { "/proc/\(daemon.process)/root" }

    func channel() throws -> JournalChannel {
        try JournalChannel(name: "log", socket: root + "/run/systemd/journal/socket")
    }

    /// The first entry that matches, waited for.
    func entry(_ match: String, _ options: String...) throws -> [String: String] {
        let reader = try ReceiverProcess(
            ["/usr/bin/journalctl", "-D", root + "/run/log/journal", "-f", "-n", "all"]
                + ["-o", "json"] + options + [match],
            package: "systemd"
        )
        let line = try reader.waitForLine(containing: "{")
        let json = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let fields = try #require(json as? [String: Any])
        return fields.compactMapValues { value in
            // What is not printable comes as an array of bytes.
            if let bytes = value as? [Int] {
                return String(decoding: bytes.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
            }
            return value as? String
        }
    }
}
