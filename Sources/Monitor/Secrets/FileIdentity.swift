import CLinux
package import Glibc

/// A cheap check of whether a file is still the one that was read.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modifiedSeconds: Int64
    private let modifiedNanoseconds: Int64
    private let changedSeconds: Int64
    private let changedNanoseconds: Int64

    package init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        let times = withUnsafePointer(to: status) { clinux_file_times($0) }
        modifiedSeconds = times.modified_seconds
        modifiedNanoseconds = times.modified_nanoseconds
        changedSeconds = times.changed_seconds
        changedNanoseconds = times.changed_nanoseconds
    }

    /// The identity of the file at a path now; nil if there is none.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
