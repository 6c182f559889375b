import Glibc

/// Who logged in: the kernel keeps it through sudo and su (audit(7), `/proc/self/loginuid`).
package enum LoginUser {
    /// Nil if nobody did, as in a service, or where the kernel keeps none.
    package static func name() -> String? {
        let file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(file, &bytes, bytes.count)
        guard count > 0,
            let user = UInt32(
                String(decoding: bytes[..<count].prefix { $0 >= 0x30 }, as: UTF8.self)
            ), user != .max
        else { return nil }
        return UserName.name(of: user)
    }
}
