/// The limits of one server, for one client and for all of them together.
package struct HTTPLimits: Sendable {
    /// The maximum of bytes in the request line and header lines with their ends; beyond it 431.
    package var headBytes = 16 * 1024

    /// The maximum of bytes in the request target as sent; beyond it 414.
    package var targetBytes = 8 * 1024

    /// The maximum of header lines in one request; beyond it 431.
    package var headerCount = 100

    /// The maximum of bytes in the body of one request; beyond it 413.
    package var bodyBytes = 1024 * 1024

    /// The longest time from the first byte of a head to its last; beyond it 408.
    package var headTime: Duration = .seconds(10)

    /// The longest time from the end of a head to the end of its body; beyond it 408.
    package var bodyTime: Duration = .seconds(30)

    /// The longest time that a connection may stay open with no byte of a request.
    package var idleTime: Duration = .seconds(75)

    /// The longest time that a client may take no byte of an answer before the connection closes.
    package var writeStallTime: Duration = .seconds(30)

    /// The time that a connection ended by the server waits for the client to close its side.
    package var lingerTime: Duration = .seconds(2)

    /// The longest silence of a stream to a TCP client that has shut down its side.
    ///
    /// TCP cannot distinguish a client that finished sending from one that is gone. A stream that
    /// keeps coming is finished for the former; one that waits for events is ended for the latter.
    package var halfClosedStreamTime: Duration = .seconds(5)

    /// The maximum of open connections.
    ///
    /// At a bound, a new connection replaces the one that was served longest ago, among those that
    /// `HTTPAdmission` allows. If the requests of all of them are being processed, the server
    /// answers 503 and closes the new one.
    package var connections = 256

    /// The number of connections that TCP clients never get, because anybody can connect over TCP.
    package var keptForUnix = 64

    /// The number of those that are for root and the daemon's own user alone.
    package var keptForOwner = 32

    /// The maximum of connections of one user that is neither root nor the daemon's.
    package var perUser = 32

    package init() {}

    /// The shortest of the times: no timing is finer than a fraction of it.
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
