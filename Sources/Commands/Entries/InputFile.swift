import Alerting
import Glibc

/// A file that a command reads.
enum InputFile {
    /// The longest answer that a poll accepts, and a head.
    private static let maximumBytes = (1 << 20) + (64 << 10)

    /// Returns the file's content.
    ///
    /// - Throws: an error if the file cannot be read, or is too long.
    static func contents(
        of path: String,
        failing status: Int32
    ) throws(Failure) -> [UInt8] {
        func failure(_ what: String) -> Failure {
            Failure("\(path.escapedForTerminal) \(what)", status: status)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw failure("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard let bytes = read(descriptor, atMost: maximumBytes) else {
            throw failure("cannot be read: \(String(cString: strerror(errno)))")
        }
        guard bytes.count <= maximumBytes else {
            throw failure("is longer than \(maximumBytes >> 10) KiB, the most that is read")
        }
        return bytes
    }

    /// Reads all bytes, or somewhat more than a limit; nil, with `errno`, if they cannot be read.
    static func read(_ descriptor: Int32, atMost limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
