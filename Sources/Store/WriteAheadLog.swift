import Glibc
import Synchronization

/// The open database and its write-ahead log.
struct OpenFilesOfDatabase {
    let database: DatabaseIdentity
    let log: DatabaseIdentity
    /// The size of the log above which it is emptied.
    var logBound = Store.longestLog
    /// Whether a reader prevented emptying it the last time.
    var isLogHeld = false

    init(_ path: String) throws(StoreError) {
        database = try DatabaseIdentity(path: path)
        log = try DatabaseIdentity(path: path + "-wal")
    }
}

extension Store {
    /// The size of the log, in bytes, after which it is emptied.
    static let longestLog = 16 << 20

    /// The growth, in bytes, until the next attempt.
    private static let logStep = 1 << 20

    /// Throws if the file was replaced: writes to a removed file are lost when the daemon ends.
    func refuseIfReplaced() throws {
        let path = directory.database
        let problem = "was removed or replaced while it was in use; restart tokenwatchd"
        guard (try? DatabaseIdentity(path: path)) == files.database else {
            throw StoreError.unusable(path: path, problem: problem)
        }
        guard (try? DatabaseIdentity(path: path + "-wal")) == files.log else {
            // The content is not lost yet: the file is still open here.
            _ = try? connection.integer("PRAGMA wal_checkpoint(PASSIVE)", for: "saving the log")
            throw StoreError.unusable(path: path + "-wal", problem: problem)
        }
    }

    /// Empties a log that has grown, if no reader needs it.
    ///
    /// SQLite does so itself when a commit finds no reader: https://www.sqlite.org/wal.html. With a
    /// reader at every such moment, the log would grow without limit. The daemon's own reader is
    /// done within a call; another program's may last longer.
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
            // One remark per change; they may never be fetched.
            guard remarks.count < 10 else { return }
            remarks.append(
                isHeld
                    ? "\(directory.database)-wal has grown to \(bytes >> 20) MiB, because another "
                        + "program reads the database all the time: end that program's transaction"
                    : "\(directory.database)-wal could be emptied again"
            )
        }
    }

    /// Returns the remarks for an operator since the last call.
    package nonisolated func takeRemarks() -> [String] {
        remarks.withLock { remarks in
            defer { remarks = [] }
            return remarks
        }
    }
}

extension StateDirectory {
    /// The size of the database's log; 0 if there is none.
    var logBytes: Int { fileSize(database + "-wal") ?? 0 }

    /// Whether the log has more than a first transaction, or is no log: then a state existed.
    ///
    /// An interrupted start leaves no log, an empty one, or the transaction that begins a state,
    /// whole or torn: https://www.sqlite.org/fileformat.html#the_write_ahead_log
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
        // Read to the end of the log, which has a bound.
        var (offset, commits) = (32, 0)
        while pread(file, &bytes, 24, offset) == 24 {
            // This is the size of the database after a commit; 0 in other frames.
            if number(at: 4) != 0 { commits += 1 }
            if commits > 1 { return true }
            offset += 24 + pageSize
        }
        return false
    }
}
