import Foundation
import Glibc
import Testing

@testable import HTTP
@testable import Monitor

/// An answer as a client reads it.
struct RawAnswer: Equatable {
    var status: Int
    var head: String
    var body: String

    func header(_ name: String) -> String? {
        head.split(separator: "\r\n").dropFirst()
            .first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }
}

/// A blocking client on a real socket; a server that does not answer fails the test in the end.
final class RawClient {
    struct Failure: Error {
        var what: String
    }

    private(set) var socket: Int32
    private var unread: [UInt8] = []

    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        socket = newSocket(AF_INET, SOCK_STREAM)
        if var receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
        }
        let result = SocketAddress.withTCP(host: "127.0.0.1", port: port) {
            connect(socket, $0, $1)
        }
        try prepare(result ?? -1)
    }

    init(path: String) throws {
        socket = newSocket(AF_UNIX, SOCK_STREAM)
        try prepare(SocketAddress.withUnix(path) { connect(socket, $0, $1) })
    }

    deinit { close() }

    private func prepare(_ result: Int32) throws {
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
        setPatience(of: socket)
    }

    func close() {
        guard socket >= 0 else { return }
        Glibc.close(socket)
        socket = -1
    }

    func finishSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send: \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// One more read; nil at the end or after a reset.
    func readSome() throws -> [UInt8]? {
        if !unread.isEmpty {
            defer { unread = [] }
            return unread
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count == 0 || count < 0 && errno == ECONNRESET { return nil }
        guard count > 0 else { throw Failure(what: "recv: \(errno)") }
        return Array(buffer[..<count])
    }

    func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        while let more = try readSome() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads up to and with `end`.
    func read(through end: String) throws -> String {
        var bytes: [UInt8] = []
        let pattern = Array(end.utf8)
        while true {
            if let range = bytes.firstRange(of: pattern) {
                unread = Array(bytes[range.upperBound...])
                return String(decoding: bytes[..<range.upperBound], as: UTF8.self)
            }
            guard let more = try readSome() else {
                throw Failure(what: "ended after \(String(decoding: bytes, as: UTF8.self))")
            }
            bytes += more
        }
    }

    func read(count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try readSome() else { throw Failure(what: "ended early") }
            bytes += more
        }
        unread = Array(bytes[count...])
        return Array(bytes[..<count])
    }

    /// One answer whose length is in its head, or that has no body.
    func answer(hasBody: Bool = true) throws -> RawAnswer {
        let head = try read(through: "\r\n\r\n")
        guard let status = Int(head.dropFirst(9).prefix(3)) else { throw Failure(what: head) }
        var answer = RawAnswer(status: status, head: head, body: "")
        if hasBody, let length = answer.header("content-length").flatMap(Int.init) {
            answer.body = String(decoding: try read(count: length), as: UTF8.self)
        }
        return answer
    }

    func get(_ path: String) throws -> RawAnswer {
        try send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return try answer()
    }
}

/// Runs what blocks on a thread of its own, so that no task of the server waits for it.
func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// Runs `body` against a server on a free port of the loopback address, and stops the server.
func withServer<Result: Sendable>(
    _ limits: HTTPLimits = HTTPLimits(),
    handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse = { .echo($0) },
    _ body: @escaping @Sendable (UInt16) throws -> Result
) async throws -> Result {
    let server = HTTPServer(limits: limits, handler: handler)
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    try await server.serve(listener: listener)
    let port = try #require(listener.port)
    do {
        let result = try await onThread { try body(port) }
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

extension HTTPResponse {
    /// Says back what was asked.
    static func echo(_ request: HTTPRequest) -> HTTPResponse {
        let text = "\(request.method) \(request.target) \(request.body.count)"
        return HTTPResponse(status: 200, body: .bytes(Array(text.utf8)))
    }
}

/// A directory that goes away with its last owner.
final class ScratchDirectory: Sendable {
    let path: String

    init() {
        path = "/tmp/http-\(UInt64.random(in: 0...UInt64.max))"
        mkdir(path, 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
