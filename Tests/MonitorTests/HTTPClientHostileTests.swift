import Glibc
import Testing

@testable import HTTP
@testable import Monitor
@testable import Store

/// Servers that end their answers wrongly, or not at all.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientHostileTests {
    private struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kinds: Set<HTTPFailure.Kind>
        let script: RawServer.Script
    }

    private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"

    /// Closes a connection by a reset: what was sent and not read is lost.
    private static func reset(_ connection: RawConnection) {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &option, size)
    }

    /// Sends one piece after the other, slowly, until the client has had enough.
    private static func drip(_ connection: RawConnection, _ piece: String) {
        while connection.send(piece) { usleep(2000) }
    }

    private static let rows = [
        Row(testDescription: "reset before the answer", kinds: [.connect, .truncated]) {
            _ = $0.readHead()
            reset($0)
        },
        Row(testDescription: "reset in the head", kinds: [.connect, .truncated]) {
            _ = $0.readHead()
            $0.send("HTTP/1.1 200 OK\r\nContent-")
            reset($0)
        },
        Row(testDescription: "reset in the body", kinds: [.connect, .truncated]) {
            _ = $0.readHead()
            $0.send(head + "half")
            reset($0)
        },
        Row(testDescription: "a body byte by byte", kinds: [.timeout]) {
            _ = $0.readHead()
            $0.send(head)
            drip($0, "x")
        },
        Row(testDescription: "a head byte by byte", kinds: [.timeout]) {
            _ = $0.readHead()
            $0.send("HTTP/1.1 200 OK\r\nX: ")
            drip($0, "x")
        },
        Row(testDescription: "interim answers for ever", kinds: [.timeout, .tooLarge]) {
            _ = $0.readHead()
            drip($0, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        },
        Row(testDescription: "chunks of nothing but extensions", kinds: [.timeout]) {
            _ = $0.readHead()
            $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            drip($0, "1;a=b\r\nx\r\n")
        },
    ]

    @Test func `each of them is a failure within the timeout, and the next call goes on`()
        async throws
    {
        let client = try makeClient()
        for row in Self.rows {
            let server = try RawServer { connection in
                if connection.number == 1 { return row.script(connection) }
                _ = connection.readHead()
                connection.answer("{}")
            }
            let call = HTTPCall(url: server.url, timeout: .milliseconds(300))
            let failure = try await client.perform(call).failed
            #expect(row.kinds.contains(failure.kind), "\(row.testDescription): \(failure)")
            let second = HTTPCall(url: server.url, timeout: .seconds(20))
            #expect(try await client.perform(second).answered.status == 200, "\(row)")
        }
    }
}
