import Glibc

/// A copy of the state that another process may be using.
package enum StateCopy {
    /// Writes a consistent copy of the database of a state directory to a new file, 0600.
    ///
    /// It does not take the directory's lock: SQLite can write during a copy, and a copy
    /// holds up no commit.
    ///
    /// - Parameters:
    ///   - directory: the state directory, as configured.
    ///   - path: the file to make; an existing one is not changed.
    /// - Returns: the size of the copy in bytes.
    /// - Throws: `StoreError`; nothing is left at `path` then that was not there.
    package static func write(of directory: String, to path: String) throws -> Int {
        let database = directory + "/" + StateDirectory.databaseName
        var status = stat()
        guard stat(database, &status) == 0 else {
            let problem =
                switch errno {
                case ENOENT: "does not exist: no tokenwatchd has run with this configuration"
                case EACCES: "cannot be read; run it as root or as the daemon's user"
                default: "cannot be read: \(String(cString: strerror(errno)))"
                }
            throw StoreError.unusable(path: database, problem: problem)
        }
        let connection = try Connection(path: database, mode: .readOnly)
        // For SQLite ":memory:" is no file.
        let file = path.hasPrefix("/") ? path : "./\(path)"
        try connection.backUp(to: file)
        return stat(file, &status) == 0 ? Int(status.st_size) : 0
    }
}
