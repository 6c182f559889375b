import CLinux

/// What other programs may see of this process's memory, which has secrets in it.
package enum ProcessMemory {
    /// Forbids core dumps, also those that a program such as systemd-coredump would take, and lets no
    /// other process of the same user read the memory.
    package static func hide() { clinux_forbid_dumps() }
}
