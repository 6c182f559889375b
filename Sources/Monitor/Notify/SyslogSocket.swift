import CLinux
import Glibc

/// A connection to the local log daemon; it is closed when nobody holds it any more.
final class SyslogSocket {
    /// Whether messages are separated by a zero byte rather than by themselves.
    let isStream: Bool
    private let descriptor: Int32

    /// The longest wait for a full socket: 20 times 100 ms.
    private static let patience = 20

    /// Connects to a socket of either type, or returns the error.
    static func connect(to path: String) -> Result<SyslogSocket, SystemError> {
        switch open(path, type: clinux_datagram) {
        case .failure(let error) where error.code == EPROTOTYPE:
            // Some log daemons listen on a stream.
            open(path, type: clinux_stream)
        case .failure(let error):
            .failure(error)
        case .success(let socket):
            .success(socket)
        }
    }

    private init(descriptor: Int32, isStream: Bool) {
        self.descriptor = descriptor
        self.isStream = isStream
    }

    deinit {
        close(descriptor)
    }

    private static func open(
        _ path: String,
        type: Int32
    ) -> Result<SyslogSocket, SystemError> {
        let flags = clinux_close_on_exec | clinux_non_blocking
        let descriptor = socket(AF_UNIX, type | flags, 0)
        guard descriptor >= 0 else { return .failure(SystemError(code: errno)) }
        let connection = SyslogSocket(descriptor: descriptor, isStream: type == clinux_stream)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
            // One byte is left for the zero at the end.
            guard path.utf8.count < field.count else { return false }
            field.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { return .failure(SystemError(code: ENAMETOOLONG)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { return .failure(SystemError(code: errno)) }
        return .success(connection)
    }

    /// Sends one whole message, waiting at most two seconds for room; nil if it was sent.
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

    /// Passes a file's descriptor with an empty message, and waits as `send` does.
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
