package import Alerting
import Glibc
import System

/// Writes events to the local log daemon.
///
/// It is an actor with its own queue, because it waits up to two seconds for a busy log daemon.
package actor SyslogChannel: Channel {
    package nonisolated let name: String
    private nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let facility: SyslogFacility
    private let processID: Int32
    private let clock: @Sendable () -> Instant
    private var connection: LogConnection

    /// - Parameters:
    ///   - name: The channel's name in the configuration.
    ///   - path: The socket; at most 107 bytes.
    ///   - facility: the facility of the messages.
    ///   - processID: The process number in the messages' tag.
    ///   - clock: The clock for the time in messages.
    /// - Throws: if the path is too long for a socket.
    package init(
        name: String,
        path: String = "/dev/log",
        facility: SyslogFacility = .daemon,
        processID: Int32 = getpid(),
        clock: @escaping @Sendable () -> Instant
    ) throws(ChannelSetupError) {
        connection = try LogConnection(path: path)
        self.name = name
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
        return connection.deliver { $0.send(message) }
    }
}
