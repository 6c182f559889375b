import Foundation
import Testing

@testable import HTTP
@testable import Monitor

/// Answers that a server compresses without a request for it.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientCodingTests {
    private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        try Data(bytes).write(to: URL(filePath: directory.file("text")))
        try run("/usr/bin/gzip", [directory.file("text")])
        return Array(try Data(contentsOf: URL(filePath: directory.file("text.gz"))))
    }

    private func result(
        _ body: [UInt8],
        fields: String,
        maximumBodyBytes: Int = 1 << 20,
        headers: [(name: String, value: String)] = []
    ) async throws -> (HTTPResult, head: String) {
        let (heads, head) = AsyncStream.makeStream(of: String.self)
        let server = try RawServer { connection in
            guard let text = connection.readHead() else { return }
            head.yield(text)
            connection.send("HTTP/1.1 200 OK\r\n\(fields)\r\n")
            connection.send(body)
        }
        let call = HTTPCall(
            url: server.url,
            headers: headers,
            maximumBodyBytes: maximumBodyBytes
        )
        let result = try await makeClient().perform(call)
        return (result, await heads.first { _ in true } ?? "")
    }

    @Test(arguments: ["gzip", "GZIP", "x-gzip", "identity, gzip"])
    func `gzip is decoded, though it is not asked for`(coding: String) async throws {
        let text = "{\"token\": \"\(String(repeating: "a", count: 1000))\"}"
        let (result, head) = try await result(
            gzip(Array(text.utf8)),
            fields: "Content-Encoding: \(coding)\r\n"
        )
        #expect(try result.answered.text == text)
        #expect(!head.lowercased().contains("accept-encoding"))
    }

    @Test func `a profile may ask for it`() async throws {
        let (result, head) = try await result(
            gzip(Array("{}".utf8)),
            fields: "Content-Encoding: gzip\r\n",
            headers: [("Accept-Encoding", "gzip")]
        )
        #expect(try result.answered.text == "{}")
        #expect(head.contains("Accept-Encoding: gzip\r\n"))
    }

    @Test(arguments: [(100, true), (101, false), (50_000_000, false)])
    func `the limit is of what is decoded`(size: Int, isTaken: Bool) async throws {
        let body = try gzip([UInt8](repeating: UInt8(ascii: "x"), count: size))
        let (result, _) = try await result(
            body,
            fields: "Content-Encoding: gzip\r\n",
            maximumBodyBytes: 100
        )
        if isTaken {
            #expect(try result.answered.body.count == size)
        } else {
            #expect(try result.failed.kind == .tooLarge)
        }
    }

    @Test(arguments: ["br", "zstd", "gzip, gzip", "gzip\r\nContent-Encoding: gzip", "compress"])
    func `other codings, and several, are not decoded`(coding: String) async throws {
        let (result, _) = try await result([1], fields: "Content-Encoding: \(coding)\r\n")
        let failure = try result.failed
        #expect(failure.kind == .malformed)
        #expect(failure.message.contains("has an unsupported compression"), "\(failure)")
    }

    @Test func `a transfer coding is not decoded`() async throws {
        let (result, _) = try await result(
            gzip([1]),
            fields: "Transfer-Encoding: gzip\r\n"
        )
        #expect(try result.failed.kind == .malformed)
    }

    @Test func `what is not gzip though it says so is malformed`() async throws {
        let (result, _) = try await result(
            Array("{\"plain\": true}".utf8),
            fields: "Content-Encoding: gzip\r\n"
        )
        let failure = try result.failed
        #expect(failure.kind == .malformed)
        #expect(failure.message.contains("cannot be decoded"), "\(failure)")
    }
}
