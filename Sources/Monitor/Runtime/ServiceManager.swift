import CLinux
import Glibc

/// Tells systemd how the service is (sd_notify(3)); does nothing where no one asked.
package struct ServiceManager: Sendable {
    private let socketPath: String?

    package init(environment: [String: String]) {
        socketPath = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    }

    package func ready(status: String) { send("READY=1\nSTATUS=\(status)\n") }

    /// A reload begins; `ready` ends it, whether or not it was taken.
    package func reloading(at microseconds: Int64) {
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\n")
    }

    package func stopping() { send("STOPPING=1\n") }

    package func status(_ status: String) { send("STATUS=\(status)\n") }

    private func send(_ message: String) {
        guard let socketPath else { return }
        let descriptor = socket(AF_UNIX, clinux_datagram | clinux_close_on_exec, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(socketPath.utf8)
        // An abstract socket's name begins with a zero byte, which the variable writes as '@'.
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
            guard path.count < field.count else { return false }
            field.copyBytes(from: path)
            return true
        }
        guard fits else { return }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let bytes = Array(message.utf8)
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), generic, length)
            }
        }
    }
}
