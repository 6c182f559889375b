import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// The bytes of a connection until the server ended it.
struct RawAnswer: Sendable {
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// 0 where there is no whole status line.
    var status: Int { Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    /// The bytes behind the empty line; nil where there is none.
    var body: [UInt8]? {
        let mark = Array("\r\n\r\n".utf8)
        let place = bytes.indices.first { bytes[$0...].starts(with: mark) }
        return place.map { Array(bytes[($0 + mark.count)...]) }
    }

    var json: JSONValue? { body.flatMap { try? JSONValue(parsing: $0) } }

    func header(_ name: String) -> String? {
        for line in text.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }
}

/// Plays a scenario for as long as `body` runs.
func withSandbox<Result: Sendable>(
    _ scenario: String = "",
    _ body: (SandboxServer) async throws -> Result
) async throws -> Result {
    let server = SandboxServer(scenario: try Scenario(parsing: scenario.utf8, file: "test.toml"))
    try await server.start()
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

extension SandboxServer {
    /// One request on a connection of its own, all that came back.
    func call(
        _ method: String,
        _ path: String,
        secret: String? = nil,
        body: String = ""
    ) async throws -> RawAnswer {
        try await exchange(
            port: port,
            "\(method) \(path) HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n"
                + (secret.map { "Authorization: Bearer \($0)\r\n" } ?? "")
                + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
        )
    }

    /// Asks about a token.
    func poll(_ secret: String?) async throws -> RawAnswer {
        try await call("GET", "/api/v1/account/me/", secret: secret)
    }
}

/// Sends a text to a loopback port and reads until the other side ends.
func exchange(port: UInt16, _ text: String) async throws -> RawAnswer {
    try await onThread {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0, "connect: \(String(cString: strerror(errno)))")
        return RawAnswer(bytes: converse(descriptor, Array(text.utf8)))
    }
}

/// Runs what blocks.
///
/// A thread of its own may block; one of the cooperative pool may not, and Dispatch's pool grows
/// slowly when many do.
func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// Sends bytes and reads until the other side ends.
///
/// Sending ends early when the other side has heard enough.
func converse(_ descriptor: Int32, _ request: [UInt8]) -> [UInt8] {
    var sent = 0
    while sent < request.count {
        let count = request[sent...].withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { break }
        sent += count
    }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { return bytes }
        bytes.append(contentsOf: piece[..<count])
    }
}
