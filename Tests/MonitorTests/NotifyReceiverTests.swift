import Foundation
import Glibc
import Synchronization
import Testing

@testable import Alerting
@testable import Formats
@testable import HTTP
@testable import Monitor
@testable import System

/// Whether `on-date.sh` shifts the clock of the tests and of what they start.
private let isClockShifted = getenv("TOKENWATCH_TEST_SHIFT") != nil

/// Receivers as people run them.
@Suite(.timeLimit(.minutes(1)))
struct NotifyReceiverTests {
    @Test func `rsyslog files an event by facility, severity and tag`() async throws {
        let directory = try TemporaryDirectory()
        let fifo = directory.file("out")
        try #require(mkfifo(fifo, 0o600) == 0)
        // Open for both, so that nobody waits for the other, and never at its end.
        let descriptor = open(fifo, O_RDWR)
        try #require(descriptor >= 0)
        let output = try #require(fdopen(descriptor, "r"))
        defer { fclose(output) }
        let socket = directory.file("log")
        try directory.write(
            """
            global(workDirectory="\(directory.path)" processInternalMessages="on")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="\(socket)" CreatePath="off" RateLimit.Interval="0")
            template(name="facts" type="string"
                string="%syslogfacility-text%.%syslogseverity-text%|%syslogtag%|%msg%\\n")
            action(type="ompipe" Pipe="\(fifo)" template="facts")

            """,
            to: "rsyslog.conf"
        )
        let daemon = try ReceiverProcess(
            ["/usr/sbin/rsyslogd", "-n", "-f", directory.file("rsyslog.conf")]
                + ["-i", directory.file("pid")],
            package: "rsyslog"
        )
        func line(containing text: String) -> String {
            var buffer = [CChar](repeating: 0, count: 8192)
            while fgets(&buffer, Int32(buffer.count), output) != nil {
                let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                let line = String(decoding: bytes, as: UTF8.self)
                if line.contains(text) { return line }
            }
            return ""
        }
        // rsyslog's first word, which it says when it listens.
        _ = line(containing: "start")
        let channel = try SyslogChannel(
            name: "log",
            path: socket,
            facility: .local3,
            processID: 42,
            clock: { notifyStart }
        )
        #expect(await channel.deliver(try makeNotice(severity: .critical)) == .delivered)
        let filed = line(containing: "deploy")
        #expect(
            filed.hasPrefix("local3.crit|tokenwatchd[42]:| critical: deploy expires"),
            "\(filed)"
        )
        #expect(filed.contains("[expiring raised token=deploy event="))
        withExtendedLifetime(daemon) {}
    }

    @Test func `a webhook behind TLS of a private CA gets the event, signed`() async throws {
        let received = Mutex<[(head: String, body: String)]>([])
        let server = try RawServer { connection in
            guard let head = connection.readHead() else { return }
            let length = head.lowercased().firstRange(of: "content-length: ")
                .flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) }
            let body = connection.read(count: length ?? 0) ?? []
            received.withLock { $0.append((head, String(decoding: body, as: UTF8.self))) }
            connection.answer("thanks")
        }
        let nginx = try Nginx(location: "proxy_pass http://127.0.0.1:\(server.port);")
        let key = try Secret(validating: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8)
        func channel(_ settings: HTTPClientSettings) throws -> WebhookChannel {
            WebhookChannel(
                name: "ops",
                target: try WebhookTarget(url: Secret(validating: "\(nginx.url)hook".utf8)),
                signer: try WebhookSigner(key: key),
                format: .json,
                version: "1",
                transport: WebhookTransport(client: try makeClient(settings)),
                clock: { notifyStart }
            )
        }
        let delivery = try makeNotice()
        guard
            case .retry(let error, nil) = await (try channel(HTTPClientSettings()))
                .deliver(delivery)
        else {
            Issue.record("an unknown CA is no trusted one")
            return
        }
        #expect(error.contains("the certificate of localhost cannot be verified"))
        #expect(received.withLock { $0.isEmpty })
        let trusting = try channel(HTTPClientSettings(caFile: nginx.caFile))
        #expect(await trusting.deliver(delivery) == .delivered)
        let posts = received.withLock { $0 }
        try #require(posts.count == 1)
        #expect(posts[0].body == delivery.body)
        let head = posts[0].head.lowercased()
        #expect(head.hasPrefix("post /hook "))
        #expect(head.contains("webhook-id: \("\(delivery.eventID)".lowercased())\r\n"))
        #expect(head.contains("webhook-signature: v1,"))
    }

    // Programs written in Go read the kernel's clock past any library.
    @Test(.enabled(if: !isClockShifted, "Alertmanager cannot have the shifted clock"))
    func `alertmanager shows an alert, keeps it, and ends it`() async throws {
        let manager = try Alertmanager()
        let client = try makeClient()
        let clock = { @Sendable in SystemClock.now().instant }
        let now = clock()
        let channel = WebhookChannel(
            name: "am",
            target: try WebhookTarget(url: Secret(validating: manager.url.utf8)),
            format: .alertmanager,
            version: "1",
            transport: WebhookTransport(client: client),
            clock: clock
        )
        let since = now - .minutes(30)
        #expect(await channel.deliver(try makeNotice(since: since)) == .delivered)
        var shown = try await manager.alerts(client)
        #expect(shown.map(\.name) == ["TokenExpiring warning"])
        #expect(shown.first?.startsAt == since.rfc3339)
        let firstEnd = try #require(shown.first?.endsAt)
        #expect(firstEnd >= (now + .minutes(15)).rfc3339)

        // Escalated, it is one alert still.
        let escalated = try makeNotice(phase: .escalated, severity: .critical, since: since)
        #expect(await channel.deliver(escalated) == .delivered)
        #expect(try await manager.alerts(client).map(\.name) == ["TokenExpiring critical"])

        // An expiry that has come, a moment ago, takes its place.
        let expired = try makeNotice(.expired, severity: .critical, since: clock())
        #expect(await channel.deliver(expired) == .delivered)
        #expect(try await manager.alerts(client).map(\.name) == ["TokenExpired critical"])

        // Kept: its end moves on, its beginning does not.
        let open = Mutex<[OpenAlert]>([
            OpenAlert(
                condition: .expired,
                severity: .critical,
                subject: .token(try card()),
                since: since,
                summary: "kept",
                alertID: EventID(high: 1, low: 1)
            )
        ])
        let later = now + .minutes(8)
        let keeper = AlertmanagerKeeper(
            channel: channel,
            instance: "vps-1",
            clock: { later },
            openAlerts: { open.withLock { $0 } }
        )
        #expect(await keeper.keep() == nil)
        shown = try await manager.alerts(client)
        #expect(shown.map(\.name) == ["TokenExpired critical"])
        #expect(shown.first?.startsAt == since.rfc3339)
        #expect(shown.first?.summary == "kept")

        let resolved = try makeNotice(
            .expired,
            phase: .resolved,
            severity: .critical,
            since: since
        )
        #expect(await channel.deliver(resolved) == .delivered)
        #expect(try await manager.alerts(client).isEmpty)
    }

    // Programs written in Go read the kernel's clock past any library.
    @Test(.enabled(if: !isClockShifted, "Alertmanager cannot have the shifted clock"))
    func `the keeper ends what holds no longer`() async throws {
        let manager = try Alertmanager()
        let client = try makeClient()
        let channel = WebhookChannel(
            name: "am",
            target: try WebhookTarget(url: Secret(validating: manager.url.utf8)),
            format: .alertmanager,
            version: "1",
            transport: WebhookTransport(client: client),
            clock: { SystemClock.now().instant }
        )
        let alert = OpenAlert(
            condition: .hostUnreachable,
            severity: .critical,
            subject: .host("admin.vps.org"),
            since: SystemClock.now().instant,
            summary: "5 tokens",
            alertID: EventID(high: 1, low: 1)
        )
        var lowered = alert
        lowered.severity = .warning
        let open = Mutex([alert])
        let keeper = AlertmanagerKeeper(
            channel: channel,
            instance: "vps-1",
            clock: { SystemClock.now().instant },
            openAlerts: { open.withLock { $0 } }
        )
        #expect(await keeper.keep() == nil)
        #expect(try await manager.alerts(client).map(\.name) == ["TokenHostUnreachable critical"])
        open.withLock { $0 = [lowered] }
        #expect(await keeper.keep() == nil)
        #expect(try await manager.alerts(client).map(\.name) == ["TokenHostUnreachable warning"])
        open.withLock { $0 = [] }
        #expect(await keeper.keep() == nil)
        #expect(try await manager.alerts(client).isEmpty)
    }
}

/// An Alertmanager on a free port of loopback.
private final class Alertmanager {
    let url: String
    private let directory: TemporaryDirectory
    private let process: ReceiverProcess

    struct Shown {
        /// Name and severity.
        let name: String
        /// To the second.
        let startsAt: String
        let endsAt: String
        let summary: String
    }

    init() throws {
        directory = try TemporaryDirectory()
        // A port that was free a moment ago.
        let free = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(free.port)
        free.close()
        url = "http://127.0.0.1:\(port)"
        try directory.write(
            "route: {receiver: none}\nreceivers: [{name: none}]\n",
            to: "alertmanager.yml"
        )
        process = try ReceiverProcess(
            [
                "/usr/bin/prometheus-alertmanager",
                "--config.file=\(directory.file("alertmanager.yml"))",
                "--storage.path=\(directory.path)", "--web.listen-address=127.0.0.1:\(port)",
                "--cluster.listen-address=",
            ],
            package: "prometheus-alertmanager"
        )
        try process.waitForLine(containing: "Listening on")
    }

    /// What it shows, by name.
    func alerts(_ client: HTTPClient) async throws -> [Shown] {
        let answer = try await client.perform(HTTPCall(url: "\(url)/api/v2/alerts")).answered
        let json = try JSONValue(parsing: answer.body)
        return try #require(json.elements).map { alert in
            let labels = try #require(alert["labels"])
            func time(_ key: String) -> String {
                (alert[key]?.string?.prefix(19)).map { $0 + "Z" } ?? ""
            }
            return Shown(
                name: "\(labels["alertname"]?.string ?? "") \(labels["severity"]?.string ?? "")",
                startsAt: time("startsAt"),
                endsAt: time("endsAt"),
                summary: alert["annotations"]?["summary"]?.string ?? ""
            )
        }
        .sorted { $0.name < $1.name }
    }
}
