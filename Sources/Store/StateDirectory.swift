import Alerting
import Glibc

/// The directory of everything that survives a restart, held by one daemon at a time.
///
/// The directory is 0700. It holds `state.db` (0600) and `lock`, which names its holder, and whose
/// `flock` ends with the process, no matter how that ends.
package final class StateDirectory: Sendable {
    /// The path as configured, without a slash at the end.
    package let path: String
    /// The descriptor of the directory itself.
    private let descriptor: Int32
    /// The descriptor of the locked file.
    private let lock: Int32

    /// Creates the directory if there is none, and locks it.
    ///
    /// - Throws: `StoreError.inUse` while another process holds it; `.unusable` otherwise.
    package init(path: String) throws(StoreError) {
        var path = path
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        descriptor = try Self.openDirectory(path)
        do throws(StoreError) {
            lock = try Self.takeLock(in: descriptor, path: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
    }

    deinit {
        release()
        close(lock)
        close(descriptor)
    }

    /// Releases the directory to another daemon, once nothing in it is open.
    package func release() {
        // Closing is not enough: a child between fork and exec also has the locked file open.
        flock(lock, LOCK_UN)
    }

    /// The database file.
    package var database: String { path + "/" + StateDirectory.databaseName }

    static let databaseName = "state.db"

    /// The size of the database with its log; 0 if it does not exist.
    var databaseBytes: Int {
        (fileSize(database) ?? 0) + logBytes
    }

    private static let lockName = "lock"

    private static func openDirectory(_ path: String) throws(StoreError) -> Int32 {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            let remedy = errno == ENOENT ? "create its parent directory" : ownership
            throw .unusable(path: path, problem: "cannot be created: \(reason(errno)); \(remedy)")
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let problem =
                errno == ENOTDIR
                ? "is not a directory; move it away, or name another state directory"
                : "cannot be opened: \(reason(errno)); \(ownership)"
            throw .unusable(path: path, problem: problem)
        }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & 0o077 != 0,
            fchmod(descriptor, 0o700) != 0
        {
            let problem = "is accessible to others, and chmod failed: \(reason(errno))"
            close(descriptor)
            throw .unusable(path: path, problem: problem + "; run: chmod 0700 \(path)")
        }
        return descriptor
    }

    private static func takeLock(in directory: Int32, path: String) throws(StoreError) -> Int32 {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let lock = openat(directory, lockName, flags, 0o600)
        guard lock >= 0 else {
            let problem = "is not writable: \(reason(errno)); \(ownership)"
            throw .unusable(path: path, problem: problem)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(lock) }
            guard errno == EWOULDBLOCK else {
                throw .unusable(
                    path: path,
                    problem: "cannot be locked: \(reason(errno)); it must be on a local disk"
                )
            }
            throw .inUse(path: path, pid: holder(of: lock))
        }
        // The lock decides; the pid is only shown to a second daemon.
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(lock, 0)
        _ = pwrite(lock, text, text.count, 0)
        return lock
    }

    private static func holder(of lock: Int32) -> Int32? {
        // A pid has at most seven digits on Linux.
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(lock, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }

    private static let ownership =
        "it must be a directory of the user that runs tokenwatchd, on a writable file system"
}

extension StateDirectory {
    /// Whether an empty database file exists, by accident or after an interrupted start.
    var hasEmptyDatabase: Bool { fileSize(database) == 0 }

    /// Creates the database file if there is none, readable by its owner only.
    ///
    /// SQLite gives `-wal` and `-shm` the mode of the database: https://www.sqlite.org/wal.html.
    /// - Returns: its size in bytes; 0 means a new one.
    func prepareDatabase() throws(StoreError) -> Int64 {
        if access(database, F_OK) != 0, errno == ENOENT {
            // A log without its database is useless.
            unlink(database + "-wal")
            unlink(database + "-shm")
        }
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let file = openat(descriptor, Self.databaseName, flags, 0o600)
        guard file >= 0 else {
            let problem = "cannot be opened: \(reason(errno)); it must be a file that is writable"
            throw .unusable(
                path: database,
                problem: problem + " by the user that runs tokenwatchd"
            )
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw .unusable(path: database, problem: "cannot be read: \(reason(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unusable(path: database, problem: "is not a file; move it away")
        }
        if status.st_mode & 0o777 != 0o600, fchmod(file, 0o600) != 0 {
            let problem = "is accessible to others, and chmod failed: \(reason(errno))"
            throw .unusable(path: database, problem: problem + "; run: chmod 0600 \(database)")
        }
        if status.st_size == 0 { synchronize() }
        return Int64(status.st_size)
    }

    /// Moves the database and its log aside as `state.db.damaged-20261121T080000Z`.
    ///
    /// - Returns: the new path of the database.
    func setDatabaseAside(at now: Instant) throws(StoreError) -> String {
        let stamp = now.rfc3339.filter { $0 != "-" && $0 != ":" }
        let base = database + ".damaged-" + stamp
        var aside = base
        // More than one within a second means repeated starts without a pause.
        for attempt in 2...100 where access(aside, F_OK) == 0 { aside = "\(base)-\(attempt)" }
        guard rename(database, aside) == 0 else {
            throw .unusable(
                path: database,
                problem: "is damaged, and the daemon cannot rename it: \(reason(errno)); "
                    + "move it away"
            )
        }
        for suffix in ["-wal", "-shm"] {
            let log = database + suffix
            guard rename(log, aside + suffix) == 0 || errno == ENOENT else {
                throw .unusable(
                    path: log,
                    problem: "cannot be set aside: \(reason(errno)); move it away"
                )
            }
        }
        synchronize()
        return aside
    }

    /// Makes new and renamed entries survive a power failure.
    func synchronize() {
        fsync(descriptor)
    }
}

/// Returns the system's words for an error number.
func reason(_ number: Int32) -> String {
    String(cString: strerror(number))
}

/// Returns the size of a file in bytes; nil, with errno, if it cannot be determined.
func fileSize(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
}
