import CLinux
import Glibc

/// A connection to the local log daemon; its last owner closes it.
final class SyslogSocket {
    /// Whether a zero byte separates messages; otherwise each datagram is a message.
    let isStream: Bool
    private let descriptor: Int32

    /// The longest wait for a full socket: 20 times 100 ms.
    private static let patience = 20

    /// Connects to a socket of either type.
    static func connect(to path: String) throws(SystemError) -> SyslogSocket {
        do throws(SystemError) {
            return try SyslogSocket(path, type: clinux_datagram)
        } catch {
            // Some log daemons listen on a stream.
            guard error.code == EPROTOTYPE else { throw error }
            return try SyslogSocket(path, type: clinux_stream)
        }
    }

    private init(_ path: String, type: Int32) throws(SystemError) {
        let flags = clinux_close_on_exec | clinux_non_blocking
        let descriptor = socket(AF_UNIX, type | flags, 0)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        self.descriptor = descriptor
        isStream = type == clinux_stream
        let code = UnixAddress.with(Array(path.utf8)) {
            Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno
        }
        guard code == 0 else { throw SystemError(code: code ?? ENAMETOOLONG) }
    }

    deinit {
        close(descriptor)
    }

    /// Sends one whole message, and waits at most two seconds for room; nil if it was sent.
    ///
    /// After an error the connection is unusable: it may contain a part of a message.
    func send(_ message: [UInt8]) -> SystemError? {
        var rest = isStream ? message[...] + [0] : message[...]
        var patience = Self.patience
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = isStream ? rest.dropFirst(count) : []
            } else if let error = failure(errno, &patience) {
                return error
            }
        }
        return nil
    }

    /// Passes a file's descriptor with an empty message, and waits like the other `send`.
    func send(file: Int32) -> SystemError? {
        var patience = Self.patience
        while clinux_send_descriptor(descriptor, file) != 0 {
            if let error = failure(errno, &patience) { return error }
        }
        return nil
    }

    /// Waits if a retry may succeed; otherwise returns the error.
    private func failure(_ code: Int32, _ patience: inout Int) -> SystemError? {
        if code == EINTR { return nil }
        guard code == EAGAIN, patience > 0 else { return SystemError(code: code) }
        patience -= 1
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&request, 1, 100)
        return nil
    }
}
