import Glibc

/// A system call's `errno`.
struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    let code: Int32

    package var description: String { String(cString: strerror(code)) }
}
