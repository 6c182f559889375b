import Glibc

/// The names of this machine's users.
package enum UserName {
    /// `ann (user 1000)`; `user 1000` where it has no name.
    package static func of(_ user: UInt32) -> String {
        name(of: user).map { "\($0) (user \(user))" } ?? "user \(user)"
    }

    /// Nil if there is no such user.
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
