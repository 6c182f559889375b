import CSQLite

/// An error of the state, as one line for an operator.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another daemon holds the directory.
    case inUse(path: String, pid: Int32?)
    /// The directory, or a file in it, cannot be used; `problem` has the reason and the remedy.
    case unusable(path: String, problem: String)
    /// The database was written by a later version.
    case newerSchema(path: String, found: Int, known: Int)
    /// The file is not a sound database, or has content that this program never writes.
    case damaged(StoreFailure)
    /// SQLite failed: disk full, input or output error, permission.
    case failed(StoreFailure)
    /// The store is closed.
    case closed(path: String)

    package var description: String {
        switch self {
        case .inUse(let path, let pid):
            "\(path) is in use by tokenwatchd" + (pid.map { " (pid \($0))" } ?? "")
                + "; stop that daemon, or set another daemon.state_dir"
        case .unusable(let path, let problem):
            "\(path) \(problem)"
        case .newerSchema(let path, let found, let known):
            "\(path) was written by a newer tokenwatchd (schema \(found), this one knows \(known));"
                + " install that version again, or name another state directory"
        case .damaged(let failure):
            "\(failure.path) is damaged: \(failure.purpose): \(failure.message); restart tokenwatchd: "
                + "it sets a damaged database aside, and starts from scratch"
        case .failed(let failure):
            "\(failure.path): \(failure.purpose) failed: \(failure.message)"
                + " (SQLite \(failure.code)); \(failure.remedy)"
        case .closed(let path):
            "\(path) was closed"
        }
    }
}

/// One failure of SQLite, without any bound value.
package struct StoreFailure: Hashable, Sendable {
    /// The database file.
    package let path: String
    /// The purpose of the statement: `writing a token`.
    package let purpose: String
    /// SQLite's own words.
    package let message: String
    /// The extended result code (https://www.sqlite.org/rescode.html).
    package let code: Int32

    /// The primary result code.
    var primaryCode: Int32 { code & 0xff }

    /// The remedy for the failure.
    var remedy: String {
        switch primaryCode {
        case SQLITE_FULL:
            "free space on its file system"
        case SQLITE_BUSY, SQLITE_LOCKED:
            "another program, such as sqlite3, has locked it; end its transaction"
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
            "it and its directory must be writable by the user that runs tokenwatchd"
        case SQLITE_IOERR:
            "check the kernel log for disk errors: dmesg"
        default:
            "this is probably a bug in tokenwatchd; please report it"
        }
    }
}

extension StoreError {
    /// Returns the error of damage that this program has found itself.
    static func damaged(_ path: String, _ purpose: String, _ message: String) -> StoreError {
        let code = SQLITE_CORRUPT
        return .damaged(
            StoreFailure(path: path, purpose: purpose, message: message, code: code)
        )
    }

    /// Returns the error of a result code: distinguishes damage from errors an operator can fix.
    ///
    /// A full disk, an input or output error and a missing permission are not damage.
    static func sqlite(_ failure: StoreFailure) -> StoreError {
        switch failure.primaryCode {
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(failure)
        default: .failed(failure)
        }
    }
}
