import Foundation
import Glibc
import Sandbox
import Testing

@testable import Monitor

/// A log whose reader stops reading.
@Suite(.timeLimit(.minutes(1))) struct LogOutputTests {
    /// A reader and a writer: a pipe, or a pair of sockets.
    private static func ends(isSocket: Bool) throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        let made =
            isSocket
            ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : pipe(&ends)
        try #require(made == 0)
        return (ends[0], ends[1])
    }

    /// What the reader has taken.
    private struct Taken {
        let reader: Int32
        private var bytes: [UInt8] = []

        init(_ reader: Int32) {
            self.reader = reader
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        }

        /// Takes all that is there, and returns the lines so far.
        mutating func lines() -> [String] {
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(reader, &piece, piece.count), count > 0 {
                bytes += piece[..<count]
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    @Test(arguments: [false, true])
    func `a reader that does not read loses nothing, and waits for nobody`(isSocket: Bool)
        async throws
    {
        let (reader, writer) = try Self.ends(isSocket: isSocket)
        defer { [reader, writer].forEach { close($0) } }
        let output = LogOutput(writer)
        // More than a pipe or a socket takes, and less than the bound of what waits.
        let lines = (0..<3_000).map { "\($0) " + String(repeating: "x", count: 90) }
        for line in lines { output.write(Array((line + "\n").utf8)) }
        var taken = Taken(reader)
        let first = taken.lines()
        #expect(!first.isEmpty && first.count < lines.count)
        // What waited comes by itself.
        try await eventually { taken.lines().count >= lines.count }
        #expect(taken.lines() == lines)
    }

    @Test func `lines beyond the bound are counted`() async throws {
        let (reader, writer) = try Self.ends(isSocket: false)
        defer { [reader, writer].forEach { close($0) } }
        let output = LogOutput(writer)
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        for _ in 0..<1_000 { output.write(line) }
        var taken = Taken(reader)
        try await eventually { taken.lines().last?.hasPrefix("warning:") == true }
        let kept = taken.lines().count - 1
        #expect(kept >= LogOutput.mostWaiting / line.count)
        #expect(
            taken.lines().last
                == "warning: \(1_000 - kept) lines of the log were left out: nobody read standard error"
        )
        output.write(Array("again\n".utf8))
        #expect(taken.lines().last == "again")
    }

    @Test func `a closed reader is no error`() throws {
        signal(SIGPIPE, SIG_IGN)
        let (reader, writer) = try Self.ends(isSocket: false)
        close(reader)
        defer { close(writer) }
        LogOutput(writer).write(Array("lost\n".utf8))
    }
}
