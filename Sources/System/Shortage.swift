import CLinux
import Glibc

/// A missing resource of this machine, which is no fault of a token, provider or receiver.
package enum Shortage {
    /// Whether an error of a system call is a shortage.
    package static func isMeant(by code: Int32) -> Bool {
        [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(code)
    }

    package static func words(for code: Int32) -> String {
        switch code {
        case EMFILE: "this process has too many open files"
        case ENFILE: "this machine has too many open files"
        default: "this machine has no memory left"
        }
    }

    /// Returns the reason why no descriptor can be opened, by opening one; nil if one can.
    ///
    /// It is for failures of libraries that give no reason.
    package static func ofDescriptors() -> String? {
        let descriptor = clinux_event_descriptor()
        let code = errno
        guard descriptor < 0 else {
            close(descriptor)
            return nil
        }
        return isMeant(by: code) ? words(for: code) : nil
    }
}
