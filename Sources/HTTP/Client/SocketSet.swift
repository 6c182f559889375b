import CCurl
import CLinux
import Glibc
import System

/// The sockets of one multi handle, in one epoll set that one Dispatch source watches.
///
/// A Dispatch source per socket would leave the set of its own thread some time after its
/// cancellation, when libcurl may have closed the socket and opened another with the same number.
/// An epoll set of our own removes a socket at once, and one wake-up serves all ready sockets.
final class SocketSet {
    private struct Watch {
        /// The events that libcurl waits for; none between two calls on a kept connection.
        var wanted: UInt32 = 0
        /// The events in the epoll set; nil if the socket is not in it.
        var registered: UInt32?
        /// The number that tells this socket's events from an earlier one's of its number.
        var generation: UInt32 = 0
        /// Whether libcurl opened the socket by `open`, so that it will close it by `close`.
        var isOwn: Bool
    }

    let epoll: EpollDescriptor
    private var watches: [Int32: Watch] = [:]
    private var lastGeneration: UInt32 = 0
    /// The reason why the last socket could not be opened, if this machine lacked a resource.
    private(set) var lack: String?
    /// The events of `takeReady`: slightly more than the usual number of calls in flight.
    private var events = [clinux_event](repeating: clinux_event(), count: 64)

    /// Creates an empty set; nil if the process has no file descriptor left.
    init?() {
        guard let epoll = EpollDescriptor() else { return nil }
        self.epoll = epoll
    }

    /// Opens a socket that no child process inherits, unlike libcurl's own.
    func open(_ address: curl_sockaddr) -> Int32 {
        let type = address.socktype | clinux_close_on_exec
        let socket = clinux_socket(address.family, type, address.protocol)
        let code = errno
        lack = socket < 0 && Shortage.isMeant(by: code) ? Shortage.words(for: code) : nil
        if socket >= 0 {
            watches[socket] = Watch(isOwn: true)
        }
        return socket
    }

    /// Closes a socket that `open` opened.
    func close(_ socket: Int32) -> Int32 {
        if var watch = watches.removeValue(forKey: socket) {
            register(nil, &watch, socket)
        }
        return Glibc.close(socket)
    }

    func isOpen(_ socket: Int32) -> Bool { watches[socket] != nil }

    /// Records the events that libcurl waits for on a socket, one of `CURL_POLL_…`.
    func want(_ what: Int32, on socket: Int32) {
        var watch = watches[socket] ?? Watch(isOwn: false)
        switch what {
        case CURL_POLL_IN: watch.wanted = clinux_epoll_in
        case CURL_POLL_OUT: watch.wanted = clinux_epoll_out
        case CURL_POLL_INOUT: watch.wanted = clinux_epoll_in | clinux_epoll_out
        default: watch.wanted = 0
        }
        if watch.wanted != 0 {
            register(watch.wanted, &watch, socket)
        } else if !watch.isOwn {
            // The name resolver's socket: libcurl closes it next.
            register(nil, &watch, socket)
            watches[socket] = nil
            return
        } else if watch.registered != clinux_epoll_in {
            register(nil, &watch, socket)
        }
        // A kept connection stays in the set for reading: its next call is likely soon, and leaving
        // and entering the set would cost each call two system calls.
        watches[socket] = watch
    }

    /// Passes on the ready sockets, with their events as `CURL_CSELECT_…` bits.
    func takeReady(_ body: (_ socket: Int32, _ readiness: Int32) -> Void) {
        let count = Int(clinux_epoll_ready(epoll.descriptor, &events, Int32(events.count)))
        guard count > 0 else { return }
        for event in events[..<count] {
            let socket = Int32(truncatingIfNeeded: event.id & 0xFFFF_FFFF)
            guard var watch = watches[socket],
                watch.generation == UInt32(truncatingIfNeeded: event.id >> 32)
            else { continue }
            guard watch.wanted != 0 else {
                // The server closed a kept connection; libcurl notices when it reuses it.
                register(nil, &watch, socket)
                watches[socket] = watch
                continue
            }
            body(socket, Self.readiness(of: event.events))
        }
    }

    private func register(_ interest: UInt32?, _ watch: inout Watch, _ socket: Int32) {
        guard interest != watch.registered else { return }
        guard let interest else {
            _ = clinux_epoll_control(epoll.descriptor, clinux_epoll_remove, socket, 0, 0)
            watch.registered = nil
            return
        }
        var operation = clinux_epoll_change
        if watch.registered == nil {
            operation = clinux_epoll_add
            lastGeneration &+= 1
            watch.generation = lastGeneration
        }
        let id = UInt64(watch.generation) << 32 | UInt64(UInt32(bitPattern: socket))
        // This fails only for lack of kernel memory; the call then ends by its timeout.
        _ = clinux_epoll_control(epoll.descriptor, operation, socket, interest, id)
        watch.registered = interest
    }

    private static func readiness(of events: UInt32) -> Int32 {
        var readiness: Int32 = 0
        if events & (clinux_epoll_in | clinux_epoll_hang_up) != 0 { readiness |= CURL_CSELECT_IN }
        if events & clinux_epoll_out != 0 { readiness |= CURL_CSELECT_OUT }
        if events & clinux_epoll_error != 0 { readiness |= CURL_CSELECT_ERR }
        return readiness
    }
}

/// An epoll set's descriptor: readable if any socket is ready, open as long as it is held.
final class EpollDescriptor: Sendable {
    let descriptor: Int32

    init?() {
        descriptor = clinux_epoll_create()
        if descriptor < 0 { return nil }
    }

    deinit {
        close(descriptor)
    }
}
