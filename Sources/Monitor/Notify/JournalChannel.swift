package import Alerting
import Glibc
import System

/// Writes events to systemd's journal, with fields of their own.
///
/// It is an actor with its own queue, because it waits up to two seconds for a busy journal.
package actor JournalChannel: Channel {
    package nonisolated let name: String
    private nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private var connection: LogConnection

    /// - Parameters:
    ///   - name: The channel's name in the configuration.
    ///   - socket: the journal's native socket.
    /// - Throws: if the path is too long for a socket.
    package init(name: String, socket: String) throws(ChannelSetupError) {
        connection = try LogConnection(path: socket)
        self.name = name
        executor = QueueExecutor(label: "tokenwatchd.channel.\(name)")
    }

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        let entry = JournalMessage.bytes(of: delivery)
        return connection.deliver { Self.send(entry, over: $0) }
    }

    /// Sends an entry; one that is too large for a datagram goes as the descriptor of a file.
    private static func send(_ entry: [UInt8], over socket: SyslogSocket) -> SystemError? {
        let error = socket.send(entry)
        guard let error, error.code == EMSGSIZE || error.code == ENOBUFS else { return error }
        do {
            let file = try MemoryFile(entry)
            return file.withDescriptor { socket.send(file: $0) }
        } catch {
            return error
        }
    }
}
