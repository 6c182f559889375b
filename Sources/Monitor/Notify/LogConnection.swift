import Alerting
import Glibc

/// A connection to a log daemon's socket, made on demand and again after a failure.
struct LogConnection {
    private let path: String
    /// The connection of the last message.
    private var socket: SyslogSocket?

    /// - Throws: if the path is too long for a socket.
    init(path: String) throws(ChannelSetupError) {
        // According to unix(7), sun_path has 108 bytes with the zero at its end.
        guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else {
            throw ChannelSetupError("socket must be an absolute path of at most 107 bytes")
        }
        self.path = path
    }

    /// Sends one message with a closure that returns its error, or nil.
    mutating func deliver(_ send: (SyslogSocket) -> SystemError?) -> DeliveryResult {
        let isReused = socket != nil
        var error = attempt(send)
        // A restarted log daemon has a new socket at the same path. A full socket stays the same,
        // and the first attempt already waited for it.
        if let failed = error, isReused, failed.code != EAGAIN { error = attempt(send) }
        return error.map(result) ?? .delivered
    }

    /// Sends over the current connection, or a new one; nil if the message was sent.
    private mutating func attempt(_ send: (SyslogSocket) -> SystemError?) -> SystemError? {
        do throws(SystemError) {
            let connection = if let socket { socket } else { try SyslogSocket.connect(to: path) }
            let error = send(connection)
            socket = error == nil ? connection : nil
            return error
        } catch {
            return error
        }
    }

    private func result(of error: SystemError) -> DeliveryResult {
        let place = path.escapedForTerminal(maximumBytes: 300)
        return switch error.code {
        case EMSGSIZE:
            .giveUp(error: "\(place): the message of this event is too long for the socket")
        case ENOENT:
            .retry(error: "\(place) does not exist; start a log daemon")
        case ECONNREFUSED:
            .retry(error: "\(place): nobody listens; start the log daemon")
        case EAGAIN:
            .retry(error: "\(place) stayed full for 2 s; check the log daemon")
        case EACCES, EPERM:
            .retry(error: "\(place): \(error); give the daemon's user write access")
        default:
            .retry(error: "\(place): \(error)")
        }
    }
}
