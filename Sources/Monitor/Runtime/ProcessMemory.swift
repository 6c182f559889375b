import CLinux

/// The protection of this process's memory, which contains secrets.
package enum ProcessMemory {
    /// Forbids core dumps and reading of the memory by other processes of the same user.
    ///
    /// This includes dumps by a program such as systemd-coredump.
    package static func hide() { clinux_forbid_dumps() }
}
