import Alerting
import Dispatch
import Glibc
import Synchronization

/// Writes lines to a descriptor without ever waiting for its reader.
///
/// A stopped terminal, or a log daemon that no longer reads, must not delay alerts or the end of
/// the daemon. The output keeps the lines that cannot be written now, and writes them later.
final class LogOutput: Sendable {
    static let standardError = LogOutput(STDERR_FILENO)

    /// The most pending bytes; further lines are counted and dropped.
    static let mostWaiting = 256 << 10
    /// The number of bytes that a ready pipe accepts without blocking (pipe(7), PIPE_BUF).
    private static let pieceLength = 4096

    private struct Backlog {
        var bytes: ArraySlice<UInt8> = []
        var lost = 0
        var retries = false
    }

    private let descriptor: Int32
    private let backlog = Mutex(Backlog())

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a line with its line end, after the pending lines.
    func write(_ line: [UInt8]) {
        let isBehind = backlog.withLock { backlog in
            flush(&backlog)
            if backlog.bytes.isEmpty, backlog.lost == 0 {
                backlog.bytes = line[...]
                flush(&backlog)
            } else if backlog.bytes.count + line.count <= Self.mostWaiting {
                backlog.bytes += line
            } else {
                backlog.lost += 1
            }
            defer { backlog.retries = backlog.retries || !backlog.bytes.isEmpty }
            return !backlog.bytes.isEmpty && !backlog.retries
        }
        if isBehind { retryLater() }
    }

    private func retryLater() {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .seconds(1)) { [self] in
            let isBehind = backlog.withLock { backlog in
                flush(&backlog)
                backlog.retries = !backlog.bytes.isEmpty
                return backlog.retries
            }
            if isBehind { retryLater() }
        }
    }

    private func flush(_ backlog: inout Backlog) {
        drain(&backlog.bytes)
        guard backlog.lost > 0, backlog.bytes.isEmpty else { return }
        let lines =
            backlog.lost == 1 ? "1 line of the log was" : "\(backlog.lost) lines of the log were"
        backlog.bytes = Array("warning: \(lines) left out: nobody read standard error\n".utf8)[...]
        backlog.lost = 0
        drain(&backlog.bytes)
    }

    /// Writes as much as the descriptor accepts now.
    private func drain(_ bytes: inout ArraySlice<UInt8>) {
        while !bytes.isEmpty {
            let count = put(bytes.prefix(Self.pieceLength))
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // A log that cannot be written must not stop the daemon.
                bytes = []
            }
        }
    }

    /// Writes like write(2), but returns EAGAIN instead of waiting.
    private func put(_ piece: ArraySlice<UInt8>) -> Int {
        piece.withUnsafeBytes { piece in
            let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
            let sent = send(descriptor, piece.baseAddress, piece.count, flags)
            guard sent < 0, errno == ENOTSOCK else { return sent }
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, 0) > 0 else {
                errno = EAGAIN
                return -1
            }
            return Glibc.write(descriptor, piece.baseAddress, piece.count)
        }
    }
}
