import Glibc

/// A folder in which a command makes and replaces files of the configuration.
///
/// The service may own the folder of secrets. All work uses the folder's descriptor and follows no
/// links, so that a user who can write in it cannot make root write elsewhere.
package struct PrivateFolder: ~Copyable {
    /// The owner of its files.
    package struct Owner: Hashable, Sendable {
        package let user: UInt32
        package let group: UInt32

        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    package let path: String
    private let descriptor: Int32

    /// Opens a folder, or makes it with this mode and owner.
    package init(path: String, mode: UInt32, owner: Owner) throws(PrivateFolderError) {
        let isNew = mkdir(path, mode) == 0
        guard isNew || errno == EEXIST else { throw .failed(path, "cannot be created") }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw .failed(path, "cannot be opened") }
        if isNew, fchown(folder, owner.user, owner.group) != 0 || fchmod(folder, mode) != 0 {
            let error = PrivateFolderError.failed(path, "cannot change its owner")
            close(folder)
            throw error
        }
        self.path = path
        descriptor = folder
    }

    /// Opens an existing folder.
    package init(existing path: String) throws(PrivateFolderError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw .failed(path, "cannot be opened") }
    }

    deinit { close(descriptor) }

    /// Writes a file atomically.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - bytes: the file's content.
    ///   - mode: the file's mode, regardless of the umask.
    ///   - owner: the file's owner.
    ///   - replaces: whether it may replace an existing file; otherwise that is an error.
    /// - Throws: if it cannot be written; then no part of it remains.
    package func write(
        _ name: String,
        _ bytes: [UInt8],
        mode: UInt32,
        owner: Owner,
        replaces: Bool
    ) throws(PrivateFolderError) {
        // A file whose name begins with a dot is not part of the configuration.
        let new = ".\(name).new-\(getpid())"
        unlinkat(descriptor, new, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(descriptor, new, flags, 0o600)
        guard file >= 0 else { throw .failed("\(path)/\(name)", "cannot be created") }
        defer {
            close(file)
            // After a rename the file is gone; after a link or a failure it must be removed.
            unlinkat(descriptor, new, 0)
        }
        guard Self.writeAll(bytes, to: file), fchown(file, owner.user, owner.group) == 0,
            fchmod(file, mode) == 0, fsync(file) == 0
        else { throw .failed("\(path)/\(name)", "cannot be written") }
        // A link fails if the name exists.
        let isThere =
            replaces
            ? renameat(descriptor, new, descriptor, name) == 0
            : linkat(descriptor, new, descriptor, name, 0) == 0
        guard isThere else { throw .failed("\(path)/\(name)", "cannot be renamed into place") }
        fsync(descriptor)
    }

    /// Replaces an existing file, and keeps its owner, group and mode.
    package func replace(_ name: String, _ bytes: [UInt8]) throws(PrivateFolderError) {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .failed("\(path)/\(name)", "cannot be replaced")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw PrivateFolderError(
                description: "\(path)/\(name) is not a regular file, and was not changed"
            )
        }
        let owner = Owner(user: status.st_uid, group: status.st_gid)
        let mode = status.st_mode & 0o777
        try write(name, bytes, mode: mode, owner: owner, replaces: true)
    }

    /// Removes a file; a missing one is no error.
    package func remove(_ name: String) throws(PrivateFolderError) {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw .failed("\(path)/\(name)", "cannot be removed")
        }
        fsync(descriptor)
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// The reason why a file of the configuration cannot be made or removed.
package struct PrivateFolderError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Makes an error from the error number of the call that has just failed.
    static func failed(_ path: String, _ what: String) -> PrivateFolderError {
        let code = errno
        let hint = code == EACCES || code == EPERM ? "; run it with sudo" : ""
        return PrivateFolderError(
            description: "\(path) \(what): \(String(cString: strerror(code)))\(hint)"
        )
    }
}
