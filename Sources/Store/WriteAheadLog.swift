import Glibc
import Synchronization

/// The open database and its write-ahead log.
struct OpenFilesOfDatabase {
    let database: DatabaseIdentity
    let log: DatabaseIdentity
    /// The log is emptied when it is larger than this.
    var logBound = Store.longestLog
    /// Whether a reader kept it from being emptied the last time.
    var isLogHeld = false

    init(_ path: String) throws(StoreError) {
        database = try DatabaseIdentity(path: path)
        log = try DatabaseIdentity(path: path + "-wal")
    }
}

extension Store {
    /// Bytes of the log after which it is emptied.
    static let longestLog = 16 << 20

    /// By how many bytes it may grow until that is tried again.
    private static let logStep = 1 << 20

    /// Writes to a removed file are lost at the end of the daemon, unnoticed.
    func refuseIfReplaced() throws {
        let path = directory.database
        let problem = "was removed or replaced while it was in use; restart tokenwatchd"
        guard (try? DatabaseIdentity(path: path)) == files.database else {
            throw StoreError.unusable(path: path, problem: problem)
        }
        guard (try? DatabaseIdentity(path: path + "-wal")) == files.log else {
            // Its content is not lost yet: it is still open here.
            _ = try? connection.integer("PRAGMA wal_checkpoint(PASSIVE)", for: "saving the log")
            throw StoreError.unusable(path: path + "-wal", problem: problem)
        }
    }

    /// Empties a log that has grown, if no reader needs it.
    ///
    /// SQLite does so itself when a commit finds nobody reading: https://www.sqlite.org/wal.html. With
    /// a reader at every such moment the log would grow without limit. The daemon's own reader is done
    /// within a call; another program's may last.
    func boundLog() {
        let bytes = directory.logBytes
        guard bytes > files.logBound else {
            if bytes <= Self.longestLog {
                files.logBound = Self.longestLog
                noteLog(isHeld: false, bytes)
            }
            return
        }
        let isHeld = connection.emptyLog(within: .milliseconds(250)) == false
        files.logBound = isHeld ? bytes + Self.logStep : Self.longestLog
        noteLog(isHeld: isHeld, bytes)
    }

    private func noteLog(isHeld: Bool, _ bytes: Int) {
        guard isHeld != files.isLogHeld else { return }
        files.isLogHeld = isHeld
        remarks.withLock { remarks in
            // One for each change; they may never be fetched.
            guard remarks.count < 10 else { return }
            remarks.append(
                isHeld
                    ? "\(directory.database)-wal has grown to \(bytes >> 20) MiB, because another "
                        + "program reads the database all the time: end that program's transaction"
                    : "\(directory.database)-wal could be emptied again"
            )
        }
    }

    /// The remarks for an operator since the last call.
    package nonisolated func takeRemarks() -> [String] {
        remarks.withLock { remarks in
            defer { remarks = [] }
            return remarks
        }
    }
}

extension StateDirectory {
    /// The size of the database's log; 0 where there is none.
    var logBytes: Int { fileSize(database + "-wal") ?? 0 }

    /// Whether the log has more than the transaction that begins a state, or is no log: then a state
    /// was there.
    ///
    /// A start that was cut off leaves no log, an empty one, or that transaction, whole or torn:
    /// https://www.sqlite.org/fileformat.html#the_write_ahead_log
    var logHasState: Bool {
        let file = open(database + "-wal", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        guard pread(file, &bytes, 32, 0) == 32 else { return false }
        func number(at offset: Int) -> Int {
            bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let pageSize = number(at: 8)
        guard [0x377f_0682, 0x377f_0683].contains(number(at: 0)),
            (512...65536).contains(pageSize)
        else { return true }
        // To the end of the log, which has a bound.
        var (offset, commits) = (32, 0)
        while pread(file, &bytes, 24, offset) == 24 {
            // The size of the database after a commit; 0 in other frames.
            if number(at: 4) != 0 { commits += 1 }
            if commits > 1 { return true }
            offset += 24 + pageSize
        }
        return false
    }
}
