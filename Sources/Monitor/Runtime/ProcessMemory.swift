import CLinux

/// Protects this process's memory, which contains secrets, from other programs.
package enum ProcessMemory {
    /// Forbids core dumps, also those that a program such as systemd-coredump would take, and lets no
    /// other process of the same user read the memory.
    package static func hide() { clinux_forbid_dumps() }
}
