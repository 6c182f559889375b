import CLinux
import Dispatch
import Glibc

/// A log daemon's socket (`/dev/log` is one) that hands every message on; it ends with its owner.
package final class SyslogReceiver {
    /// Why it cannot listen.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// A longer message is cut, as log daemons do.
    private static let maximumBytes = 64 * 1024

    private let source: any DispatchSourceRead
    private let path: String

    /// Listens on a datagram socket, in the place of one that is left over.
    ///
    /// - Parameters:
    ///   - path: at most 107 bytes; anything but a socket that is there is left alone.
    ///   - onMessage: called on a queue of its own, in order.
    /// - Throws: `Failure`.
    package init(
        path: String,
        onMessage: @escaping @Sendable (String) -> Void
    ) throws(Failure) {
        let descriptor = try Self.bound(to: path)
        self.path = path
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor,
            queue: DispatchQueue(label: "tokenwatch-sandbox.syslog")
        )
        source.setEventHandler {
            while let message = Self.receive(descriptor) { onMessage(message) }
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit {
        source.cancel()
        unlink(path)
    }

    private static func receive(_ descriptor: Int32) -> String? {
        withUnsafeTemporaryAllocation(byteCount: maximumBytes, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count >= 0 else { return nil }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    private static func bound(to path: String) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
            // One byte is left for the zero at the end.
            guard path.utf8.count < field.count else { return false }
            field.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw Failure(description: "\(path): the path is longer than 107 bytes") }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw Failure(description: "\(path): there is a file that is not a socket")
            }
            unlink(path)
        }
        let flags = clinux_close_on_exec | clinux_non_blocking
        let descriptor = socket(AF_UNIX, clinux_datagram | flags, 0)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, result == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw Failure(description: "\(path): \(reason)")
        }
        return descriptor
    }
}
