import CLinux
import Glibc

/// A running or zombie program: until it is reaped, no other process has its number.
struct CommandChild {
    /// The end of its output, at most 4 KiB; the rest is dropped.
    private(set) var output: [UInt8] = []
    private let process: pid_t
    /// The descriptor that becomes readable when the process ends.
    private let ending: Int32
    /// The end of the pipe from which its output is read; -1 after the end of the output.
    private var reading: Int32

    enum Wait {
        case ended
        case timedOut
        case cancelled
    }

    private static let maximumOutputBytes = 4096

    /// Watches a child; ends it if watching fails.
    init(_ process: pid_t, output: Int32) throws(SystemError) {
        self.process = process
        reading = output
        ending = clinux_process_descriptor(process)
        let code = errno
        guard ending >= 0 else {
            kill(-process, SIGKILL)
            reap()
            throw SystemError(code: code)
        }
    }

    /// Reads its output until it ends, or until another descriptor is readable (-1 for none).
    mutating func wait(until deadline: Deadline, or cancellation: Int32) -> Wait {
        while true {
            let left = deadline.millisecondsLeft
            guard left > 0 else { return .timedOut }
            var requests = [ending, cancellation, reading].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&requests, nfds_t(requests.count), left) > 0 else { continue }
            if requests[0].revents != 0 { return .ended }
            if requests[1].revents != 0 { return .cancelled }
            // It reads one piece a turn: a program that never stops writing must still time out.
            if requests[2].revents != 0 { read() }
        }
    }

    /// Reads the rest of the pipe, without waiting for other holders of its other end.
    mutating func finishReading() {
        // A pipe holds 64 KiB (pipe(7)), which is one piece.
        var request = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        if poll(&request, 1, 0) > 0 { read() }
    }

    /// Ends it and its group, at the latest after the grace period.
    mutating func terminate(within grace: Duration) {
        kill(-process, SIGTERM)
        _ = wait(until: Deadline(after: grace), or: -1)
        finishReading()
        // The child is not reaped and holds the group's number: this ends the whole group.
        kill(-process, SIGKILL)
        reap()
    }

    /// Waits for its end and closes everything; returns the status of wait(2).
    @discardableResult
    consuming func reap() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        close(ending)
        if reading >= 0 { close(reading) }
        return status
    }

    private mutating func read() {
        let piece = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = max(Glibc.read(reading, buffer.baseAddress, buffer.count), 0)
        }
        guard !piece.isEmpty else {
            close(reading)
            reading = -1
            return
        }
        output = Array(
            (output + piece.suffix(Self.maximumOutputBytes)).suffix(Self.maximumOutputBytes)
        )
    }
}
