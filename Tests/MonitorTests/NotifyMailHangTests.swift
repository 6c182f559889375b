import Alerting
import HTTP
import Testing

@testable import Monitor

/// A mail server that falls silent where libcurl waits for two minutes, beyond its time limit.
@Suite(.timeLimit(.minutes(1)))
struct NotifyMailHangTests {
    /// Speaks SMTP until it gets a line, and then waits for the client to leave.
    private static func speak(
        _ connection: RawConnection,
        silentAt last: String,
        then isSilent: () -> Void = {}
    ) {
        var reply = "220 mail.example"
        while true {
            connection.send(reply + "\r\n")
            guard let line = line(from: connection) else { return }
            if line.hasPrefix(last) { break }
            guard line.hasPrefix("DATA") else {
                reply = "250 ok"
                continue
            }
            connection.send("354 go on\r\n")
            while let text = Self.line(from: connection), text != "." {}
            if last == "." { break }
            reply = "250 taken"
        }
        isSilent()
        while connection.read(count: 1) != nil {}
    }

    private static func line(from connection: RawConnection) -> String? {
        var bytes: [UInt8] = []
        while bytes.last != UInt8(ascii: "\n") {
            guard let byte = connection.read(count: 1) else { return nil }
            bytes += byte
        }
        return String(decoding: bytes.dropLast(2), as: UTF8.self)
    }

    private func channel(_ server: RawServer) throws -> MailChannel {
        try channel("smtp://127.0.0.1:\(server.port)")
    }

    private func channel(_ server: String) throws -> MailChannel {
        MailChannel(
            name: "mail",
            settings: MailSettings(
                server: try #require(MailServer(server)),
                from: "tokenwatchd@vps.example",
                to: ["ops@example.org"]
            ),
            password: nil,
            certificates: try CertificateBundle(
                systemFile: CertificateBundle.systemFile(),
                caFile: nil
            )
        )
    }

    @Test func `a server that does not listen is named once`() async throws {
        // Port 1 is reserved, and nothing listens there.
        let result = await (try channel("smtp://127.0.0.1:1")).deliver(makeDelivery(1))
        #expect(result.error == "cannot connect to 127.0.0.1:1: Connection refused", "\(result)")
    }

    @Test func `a stop does not wait for the reply to the last dot`() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let server = try RawServer { connection in
            Self.speak(connection, silentAt: ".") { arrived.finish() }
        }
        let channel = try channel(server)
        let delivery = makeDelivery(1)
        let task = Task { await channel.deliver(delivery) }
        for await _ in arrivals {}
        task.cancel()
        let result = await task.value
        #expect(result.error?.isEmpty == false, "\(result)")
        guard case .retry = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `a mail that the server has taken does not wait for its farewell`() async throws {
        let server = try RawServer { Self.speak($0, silentAt: "QUIT") }
        #expect(await (try channel(server)).deliver(makeDelivery(1)) == .delivered)
    }
}
