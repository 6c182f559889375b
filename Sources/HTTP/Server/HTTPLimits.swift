/// The bounds of one server, for one client and for all of them together.
package struct HTTPLimits: Sendable {
    /// Request line and header lines with their line ends, in bytes; beyond it 431.
    package var headBytes = 16 * 1024

    /// The request target as sent, in bytes; beyond it 414.
    package var targetBytes = 8 * 1024

    /// Header lines of one request; beyond it 431.
    package var headerCount = 100

    /// The body of one request, in bytes; beyond it 413.
    package var bodyBytes = 1024 * 1024

    /// From the first byte of a head to its last; beyond it 408.
    package var headTime: Duration = .seconds(10)

    /// From the end of a head to the end of its body; beyond it 408.
    package var bodyTime: Duration = .seconds(30)

    /// How long a connection may stay open with no byte of a request; beyond it, it is closed.
    package var idleTime: Duration = .seconds(75)

    /// How long a client may take no byte of an answer; beyond it the connection is closed.
    package var writeStallTime: Duration = .seconds(30)

    /// How long a connection that the server ends waits for the client to close its side.
    package var lingerTime: Duration = .seconds(2)

    /// How long a stream may send nothing to a TCP client that has shut down its side.
    ///
    /// TCP cannot distinguish a client that finished sending from one that is gone: a stream that
    /// keeps coming is finished for the former, one that waits for events is ended for the latter.
    package var halfClosedStreamTime: Duration = .seconds(5)

    /// Connections open at once.
    ///
    /// At a bound, a new connection takes the place of the one that was served longest ago, of
    /// those that `HTTPAdmission` lets it take. When the requests of all of them are being worked
    /// on, it is answered 503 and closed.
    package var connections = 256

    /// How many of them TCP clients never get, because anybody can connect over TCP.
    package var keptForUnix = 64

    /// How many of those are for root and the daemon's own user alone.
    package var keptForOwner = 32

    /// Connections of one user that is neither root nor the daemon's.
    package var perUser = 32

    package init() {}

    /// The shortest of the times: nothing is timed more finely than a fraction of it.
    var shortestTime: Duration {
        min(
            headTime,
            bodyTime,
            idleTime,
            writeStallTime,
            lingerTime,
            halfClosedStreamTime
        )
    }
}
