import Alerting
import Glibc
import Testing

@testable import Monitor

/// The channel of standard error, written to a pipe.
struct NotifyStderrTests {
    private static let now = Instant(seconds: 1_795_248_000)

    private func written(_ format: StderrFormat, _ delivery: Delivery) async throws -> String {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let channel = StderrChannel(
            name: "terminal",
            format: format,
            descriptor: ends[1],
            clock: { Self.now }
        )
        #expect(await channel.deliver(delivery) == .delivered)
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = read(ends[0], &bytes, bytes.count)
        close(ends[0])
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private func delivery() -> Delivery {
        Delivery(
            id: 1,
            eventID: EventID(high: 1, low: 2),
            channel: "terminal",
            subject: "token:deploy",
            type: "expiring",
            phase: .raised,
            severity: .warning,
            summary: "deploy expires\u{1b}[2J soon",
            body: #"{"version":1}"#,
            createdAt: Self.now,
            attempts: 0,
            nextAttemptAt: Self.now,
            lastError: nil,
            givenUpAt: nil
        )
    }

    @Test func `an event is a line of text, or of JSON`() async throws {
        let text = try await written(.text, delivery())
        #expect(
            text.hasPrefix(
                "2026-11-21T08:00:00Z warning: deploy expires\\u{1b}[2J soon [expiring raised token=deploy"
            ),
            "\(text)"
        )
        #expect(text.hasSuffix("]\n"))
        #expect(try await written(.json, delivery()) == "{\"version\":1}\n")
    }

    @Test func `a reader that is gone is an error to try again after`() async throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let channel = StderrChannel(
            name: "terminal",
            format: .text,
            descriptor: ends[1],
            clock: { Self.now }
        )
        guard case .retry(let error, _) = await channel.deliver(delivery()) else {
            Issue.record("it was delivered to nobody")
            return
        }
        #expect(error.contains("standard error cannot be written"))
        close(ends[1])
    }

    @Test func `stderr takes the place of syslog where there is no log daemon`() throws {
        let folder = try ConfigFolder(someToken)
        func names(_ usual: UsualChannel) throws -> [String] {
            try Configuration.load(
                path: "\(folder.path)/tokenwatchd.toml",
                context: ConfigurationContext(
                    environment: [:],
                    hostname: "host",
                    usualChannel: usual
                )
            ).channels.map(\.summary)
        }
        #expect(try names(.syslog) == ["syslog (syslog)"])
        #expect(try names(.stderr) == ["stderr (stderr, text)"])
        let channels = try configuration(
            someToken + "[channels.t]\ntype = \"stderr\"\nformat = \"json\"\n"
                + "[channels.log]\ntype = \"syslog\"\nsocket = \"/nonexistent/log\"\n"
        ).channels
        #expect(channels[0].kind == .stderr(.json))
        #expect(channels[0].minimumSeverity == .info)
        #expect(channels[0].obstacle == nil)
        #expect(channels[1].obstacle?.contains("/nonexistent/log does not exist") == true)
    }
}
