import Glibc

/// The names of this machine's users.
package enum UserName {
    /// Returns `ann (user 1000)`; `user 1000` if the user has no name.
    package static func of(_ user: UInt32) -> String {
        name(of: user).map { "\($0) (user \(user))" } ?? "user \(user)"
    }

    /// Returns the user's name; nil if there is no such user.
    package static func name(of user: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // sysconf(_SC_GETPW_R_SIZE_MAX) is 1 KiB with glibc; long entries of a directory service fit.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.pw_name
        else { return nil }
        return String(cString: name)
    }
}

/// The user that logged in, which the kernel keeps through sudo and su (audit(7)).
package enum LoginUser {
    /// Returns the user's name; nil without a login, as in a service, or if the kernel has none.
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
