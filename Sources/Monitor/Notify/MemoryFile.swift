import CLinux
import Glibc

/// A file in memory with immutable content, which lives as long as this value.
struct MemoryFile: ~Copyable {
    private let descriptor: Int32

    init(_ content: [UInt8]) throws(SystemError) {
        let descriptor = clinux_sealable_memory_file("tokenwatchd")
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { bytes in
                pwrite(
                    descriptor,
                    bytes.baseAddress?.advanced(by: written),
                    bytes.count - written,
                    off_t(written)
                )
            }
            let code = errno
            guard count > 0 || code == EINTR else {
                close(descriptor)
                throw SystemError(code: code)
            }
            written += max(count, 0)
        }
        guard clinux_seal(descriptor) == 0 else {
            let code = errno
            close(descriptor)
            throw SystemError(code: code)
        }
        self.descriptor = descriptor
    }

    /// Passes the file's descriptor, positioned at the beginning of the content and closed on exec.
    ///
    /// The file lives at least until the closure returns.
    borrowing func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result {
        body(descriptor)
    }

    deinit {
        close(descriptor)
    }
}
