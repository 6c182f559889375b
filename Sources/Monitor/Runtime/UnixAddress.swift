import Glibc

/// Addresses of Unix sockets.
enum UnixAddress {
    /// Passes the address of a path, or of an abstract name, which begins with a zero byte.
    ///
    /// - Returns: nil if it is too long for an address, which ends with a zero byte.
    static func with<Result>(
        _ path: [UInt8],
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
            guard path.count < field.count else { return false }
            field.copyBytes(from: path)
            return true
        }
        guard fits else { return nil }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
