import CLinux
import Foundation
import Glibc
import Testing

/// Stands in for systemd: receives a service's messages on `$NOTIFY_SOCKET`.
final class NotifySocket: Sendable {
    /// What `$NOTIFY_SOCKET` is to be.
    let name: String
    /// Each datagram as one text, without the line feed at its end.
    let messages = Lines()
    private let descriptor: Int32

    /// - Parameter name: a path, or `@` and an abstract name.
    /// - Throws: where it cannot be bound.
    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, clinux_datagram | clinux_close_on_exec, 0)
        try #require(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let socket = descriptor
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        try #require(bound == 0, "\(String(cString: strerror(errno)))")
        Thread.detachNewThread { [self] in
            var bytes = [UInt8](repeating: 0, count: 8192)
            while true {
                let count = recv(descriptor, &bytes, bytes.count, 0)
                guard count > 0 else { break }
                messages.append(
                    String(decoding: bytes[..<count], as: UTF8.self)
                        .trimmingCharacters(in: .newlines)
                )
            }
            Glibc.close(descriptor)
            messages.end()
        }
    }

    /// Takes no more.
    func close() { shutdown(descriptor, Int32(SHUT_RD)) }

    /// The first message that has a text; it may be still to come.
    @discardableResult
    func first(_ text: String, after start: Int = 0) async throws -> String {
        try await messages.first(after: start) { $0.contains(text) }
    }
}
