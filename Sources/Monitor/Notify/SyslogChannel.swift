package import Alerting
import Glibc

/// Writes events to the local log daemon.
///
/// An actor with a queue of its own, as a log daemon that is busy is waited for, up to two seconds.
package actor SyslogChannel: Channel {
    package nonisolated let name: String
    private nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let path: String
    private let facility: SyslogFacility
    private let processID: Int32
    private let clock: @Sendable () -> Instant
    /// The connection of the last message.
    private var socket: SyslogSocket?

    /// - Parameters:
    ///   - name: The channel's name in the configuration.
    ///   - path: The socket; at most 107 bytes.
    ///   - facility: As which part of the system.
    ///   - processID: For the message's tag.
    ///   - clock: The time that messages carry.
    /// - Throws: If the path cannot be a socket's.
    package init(
        name: String,
        path: String = "/dev/log",
        facility: SyslogFacility = .daemon,
        processID: Int32 = getpid(),
        clock: @escaping @Sendable () -> Instant
    ) throws(ChannelSetupError) {
        // unix(7): sun_path has 108 bytes with the zero at its end.
        guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else {
            throw ChannelSetupError("socket must be an absolute path of at most 107 bytes")
        }
        self.name = name
        self.path = path
        self.facility = facility
        self.processID = processID
        self.clock = clock
        executor = QueueExecutor(label: "tokenwatchd.channel.\(name)")
    }

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        let message = SyslogMessage.bytes(
            of: delivery,
            facility: facility,
            processID: processID,
            at: clock()
        )
        let isReused = socket != nil
        var error = send(message)
        // A log daemon that was restarted has a new socket at the same path.
        // A full one is the same socket, and was waited for already.
        if let failed = error, isReused, failed.code != EAGAIN { error = send(message) }
        return error.map(result) ?? .delivered
    }

    /// Sends over the connection there is, or a new one; nil if the message went.
    private func send(_ message: [UInt8]) -> SystemError? {
        let connection: SyslogSocket
        if let socket {
            connection = socket
        } else {
            switch SyslogSocket.connect(to: path) {
            case .success(let new): connection = new
            case .failure(let error): return error
            }
        }
        let error = connection.send(message)
        socket = error == nil ? connection : nil
        return error
    }

    private func result(of error: SystemError) -> DeliveryResult {
        let place = LogLine.escaped(path, maximumBytes: 300)
        return switch error.code {
        case EMSGSIZE:
            .giveUp(error: "\(place): the message of this event is too long for the socket")
        case ENOENT:
            .retry(
                error: "\(place) does not exist: is a log daemon running?",
                after: nil
            )
        case ECONNREFUSED:
            .retry(error: "\(place): nobody listens: is the log daemon running?", after: nil)
        case EAGAIN:
            .retry(error: "\(place) stayed full for 2 s: is the log daemon stuck?", after: nil)
        case EACCES, EPERM:
            .retry(
                error: "\(place): \(error); may the daemon's user write to it?",
                after: nil
            )
        default:
            .retry(error: "\(place): \(error)", after: nil)
        }
    }
}
