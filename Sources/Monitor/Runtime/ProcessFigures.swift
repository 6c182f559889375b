import CLinux
import Glibc

/// The process's use of resources.
package struct ProcessFigures: Hashable, Sendable {
    /// The CPU time in user and system mode.
    package let cpuTime: Duration
    package let residentBytes: Int
    package let openDescriptors: Int

    /// Returns the kernel's current figures; 0 for figures that it does not report.
    package static func now() -> ProcessFigures {
        ProcessFigures(
            cpuTime: .microseconds(clinux_microseconds(CLOCK_PROCESS_CPUTIME_ID)),
            residentBytes: residentPages() * sysconf(Int32(_SC_PAGESIZE)),
            openDescriptors: countDescriptors()
        )
    }

    /// Returns the second word of statm (proc(5)).
    private static func residentPages() -> Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        let words = buffer.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
        return words.dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    private static func countDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        // The count excludes `.`, `..` and the listing's own descriptor.
        var count = -3
        while readdir(directory) != nil { count += 1 }
        return max(0, count)
    }
}
