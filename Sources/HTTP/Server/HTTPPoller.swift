import CLinux
import Dispatch
import Glibc

/// One epoll(7) set behind one Dispatch source: many sockets cost a queue one wake-up.
///
/// Connections are watched edge-triggered, once for their whole life: a request costs no call but
/// its own read and write, and the end of a client is reported even while nothing is read from it.
final class HTTPPoller {
    /// The event of one socket.
    struct Readiness {
        /// The number it was added with.
        let id: UInt64
        private let events: UInt32

        fileprivate init(_ event: clinux_event) {
            id = event.id
            events = event.events
        }

        /// Whether bytes, an end or an error can be read.
        var isReadable: Bool { events & (clinux_epoll_in | clinux_epoll_peer_finished) != 0 }
        var isWritable: Bool { events & clinux_epoll_out != 0 }
        /// Whether the peer has finished sending; it may still read.
        var hasPeerFinished: Bool { events & clinux_epoll_peer_finished != 0 }
        /// Whether the peer has left: it can neither send nor read.
        var isPeerGone: Bool { events & (clinux_epoll_error | clinux_epoll_hang_up) != 0 }
    }

    /// The events to wait for.
    enum Interest {
        /// New clients, for as long as there are any.
        case clients
        /// Nothing for now.
        case none
        /// Bytes, and the end of the peer.
        case reading
        /// Like `reading`, and also room for bytes.
        case readingAndWriting

        fileprivate var events: UInt32 {
            switch self {
            case .clients: clinux_epoll_in
            case .none: 0
            case .reading: clinux_epoll_edge | clinux_epoll_in | clinux_epoll_peer_finished
            case .readingAndWriting: Interest.reading.events | clinux_epoll_out
            }
        }
    }

    /// The maximum of sockets reported in one turn; the others follow in the next.
    private static let batch = 128

    private let descriptor: Int32
    private let source: any DispatchSourceRead
    private var events = [clinux_event](repeating: clinux_event(), count: batch)

    /// Creates a set that watches nothing yet; nil, with errno set, if no descriptors are left.
    ///
    /// - Parameters:
    ///   - queue: the queue on which `onReady` runs.
    ///   - onReady: must call `ready`.
    init?(queue: DispatchQueue, onReady: @escaping @Sendable () -> Void) {
        let descriptor = clinux_epoll_create()
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler(handler: onReady)
        source.setCancelHandler { Glibc.close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }

    /// Watches a socket from now on, until it is closed.
    ///
    /// - Returns: false if the kernel has no room for it.
    func add(_ socket: Int32, id: UInt64, _ interest: Interest) -> Bool {
        control(clinux_epoll_add, socket, id: id, interest)
    }

    /// Changes the events to wait for on a socket.
    func change(_ socket: Int32, id: UInt64, _ interest: Interest) {
        _ = control(clinux_epoll_change, socket, id: id, interest)
    }

    /// Stops watching a socket that another process may hold open.
    func remove(_ socket: Int32) {
        _ = control(clinux_epoll_remove, socket, id: 0, .none)
    }

    /// Returns the sockets with events.
    func ready() -> [Readiness] {
        let count = clinux_epoll_ready(descriptor, &events, Int32(Self.batch))
        return events.prefix(max(0, Int(count))).map(Readiness.init)
    }

    private func control(
        _ operation: Int32,
        _ socket: Int32,
        id: UInt64,
        _ interest: Interest
    ) -> Bool {
        clinux_epoll_control(descriptor, operation, socket, interest.events, id) == 0
    }
}
