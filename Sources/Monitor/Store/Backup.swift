import Glibc

extension Connection {
    /// Writes a consistent copy to a new file, 0600; works while others write.
    ///
    /// - Throws: `StoreError.unusable` where the file exists or cannot be made; a copy that was
    ///   not finished is removed.
    func backUp(to copy: String) throws {
        // VACUUM INTO takes an empty file: https://www.sqlite.org/lang_vacuum.html
        let file = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let problem =
                errno == EEXIST
                ? "exists already; name a file that does not"
                : "cannot be made: \(String(cString: strerror(errno)))"
            throw StoreError.unusable(path: copy, problem: problem)
        }
        defer { Glibc.close(file) }
        do {
            try with(.copyDatabase) { try $0.run { $0.add(copy) } }
            guard fsync(file) == 0 else {
                throw StoreError.unusable(
                    path: copy,
                    problem: "cannot be written: \(String(cString: strerror(errno)))"
                )
            }
        } catch {
            unlink(copy)
            throw error
        }
    }
}

extension Query {
    fileprivate static let copyDatabase = Query("copying it", "VACUUM INTO ?")
}
