import Glibc

/// A copy of the state that another process may be using.
package enum StateCopy {
    /// Writes a consistent copy of the database of a state directory to a new file, 0600.
    ///
    /// It does not take the directory's lock: SQLite can write during a copy, and a copy delays no
    /// commit.
    ///
    /// - Parameters:
    ///   - directory: the state directory, as configured.
    ///   - path: the file to create; an existing one is not changed.
    /// - Returns: the size of the copy in bytes.
    /// - Throws: `StoreError`; then it leaves no new file at `path`.
    package static func write(of directory: String, to path: String) throws -> Int {
        let database = directory + "/" + StateDirectory.databaseName
        guard fileSize(database) != nil else {
            let problem =
                switch errno {
                case ENOENT: "does not exist: no tokenwatchd has run with this configuration"
                case EACCES: "cannot be read; run it as root or as the daemon's user"
                default: "cannot be read: \(reason(errno))"
                }
            throw StoreError.unusable(path: database, problem: problem)
        }
        let connection = try Connection(path: database, mode: .readOnly)
        // For SQLite ":memory:" is no file.
        let file = path.hasPrefix("/") ? path : "./\(path)"
        try connection.backUp(to: file)
        return fileSize(file) ?? 0
    }
}

extension Connection {
    /// Writes a consistent copy to a new file, 0600; works while others write.
    ///
    /// The file appears only when the copy is complete and on the disk. A person who finds it may
    /// rely on it, even if this process was interrupted.
    ///
    /// - Throws: `StoreError.unusable` if the file exists or cannot be created; an unfinished copy
    ///   is removed.
    func backUp(to copy: String) throws {
        var status = stat()
        guard lstat(copy, &status) != 0 else { throw Self.exists(copy) }
        let unfinished = "\(copy).unfinished-\(getpid())"
        // The file of an interrupted process with the same number.
        unlink(unfinished)
        // VACUUM INTO takes an empty file: https://www.sqlite.org/lang_vacuum.html
        let file = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failed(copy, "cannot be created") }
        defer {
            Glibc.close(file)
            unlink(unfinished)
        }
        try run(.copyDatabase, unfinished)
        guard fsync(file) == 0 else { throw Self.failed(copy, "cannot be written") }
        // A link fails if the name is taken by then; not every file system has links.
        if link(unfinished, copy) != 0 {
            guard errno != EEXIST else { throw Self.exists(copy) }
            guard lstat(copy, &status) != 0, rename(unfinished, copy) == 0 else {
                throw Self.failed(copy, "cannot be created")
            }
        }
        Self.synchronizeFolder(of: copy)
    }

    private static func exists(_ path: String) -> StoreError {
        .unusable(path: path, problem: "exists already; name a file that does not")
    }

    /// Returns the error for the error number of the call that has just failed.
    private static func failed(_ path: String, _ what: String) -> StoreError {
        .unusable(path: path, problem: "\(what): \(reason(errno))")
    }

    private static func synchronizeFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let descriptor = open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        Glibc.close(descriptor)
    }
}

extension Query {
    fileprivate static let copyDatabase = Query("copying it", "VACUUM INTO ?")
}
