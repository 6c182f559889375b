import CCurl
import CLinux
package import Glibc

/// The addresses of sockets, in the form that system calls take.
package enum SocketAddress {
    /// The longest path of a Unix socket, without its closing NUL (unix(7)).
    package static let maximumPathBytes = 107

    /// Calls `body` with the address of a Unix socket; the path has at most `maximumPathBytes`.
    package static func withUnix<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: path.utf8.prefix(maximumPathBytes))
        }
        return withPointer(to: &address, body)
    }

    /// Calls `body` with a TCP address.
    ///
    /// - Returns: nil if `host` is not an IPv4 literal or an IPv6 literal, in brackets or not.
    static func withTCP<Result>(
        host: String,
        port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        var four = sockaddr_in()
        if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            return withPointer(to: &four, body)
        }
        let literal =
            host.hasPrefix("[") && host.hasSuffix("]")
            ? String(host.dropFirst().dropLast()) : host
        var six = sockaddr_in6()
        guard inet_pton(AF_INET6, literal, &six.sin6_addr) == 1 else { return nil }
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        return withPointer(to: &six, body)
    }

    /// Returns the host and port in an address of the system.
    ///
    /// - Returns: nil if it is not an internet address.
    static func tcp(_ storage: sockaddr_storage) -> (address: String, port: UInt16)? {
        withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                var four = bytes.loadUnaligned(as: sockaddr_in.self)
                return (
                    text(AF_INET, &four.sin_addr, capacity: INET_ADDRSTRLEN),
                    UInt16(bigEndian: four.sin_port)
                )
            case AF_INET6:
                var six = bytes.loadUnaligned(as: sockaddr_in6.self)
                return (
                    text(AF_INET6, &six.sin6_addr, capacity: INET6_ADDRSTRLEN),
                    UInt16(bigEndian: six.sin6_port)
                )
            default: return nil
            }
        }
    }

    /// Returns the path in an address of the system.
    ///
    /// - Returns: nil if it is not a Unix socket's address, or an abstract one.
    static func unixPath(_ storage: sockaddr_storage) -> String? {
        guard Int32(storage.ss_family) == AF_UNIX else { return nil }
        return withUnsafeBytes(of: storage) { bytes in
            let path = bytes.dropFirst(MemoryLayout<sa_family_t>.size)
                .prefix(maximumPathBytes).prefix { $0 != 0 }
            return path.isEmpty ? nil : String(decoding: path, as: UTF8.self)
        }
    }

    /// Returns the address that a socket is bound to.
    static func local(_ descriptor: Int32) -> sockaddr_storage {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        return storage
    }

    private static func text(
        _ family: Int32,
        _ address: UnsafeRawPointer,
        capacity: Int32
    ) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(capacity)) { buffer in
            guard let start = buffer.baseAddress,
                inet_ntop(family, address, start, socklen_t(capacity)) != nil
            else { return "" }
            return String(cString: start)
        }
    }

    private static func withPointer<Address, Result>(
        to address: inout Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
