import CLinux
package import Glibc

/// The identity of a file, a cheap check that the file is still the same.
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

    /// Returns the current identity of the file at a path; nil if there is no file.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
