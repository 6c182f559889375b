import Glibc
import System

/// The reading of secrets from files that no one else can read.
///
/// It follows symbolic links, because `/run/credentials` and some of `/etc` consist of them. It
/// opens the file at their end first, and then checks that file.
package enum SecretFile {
    /// The reader of the files.
    package struct Reader: Hashable, Sendable {
        package let user: UInt32
        package let group: UInt32
        /// Whether this is neither root nor the service's user.
        ///
        /// Changing a file for this user could make it unreadable for the service.
        package var isVisitor = false

        /// The user's name, or its number if it has none.
        var name: String {
            getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "\(user)"
        }

        /// The current user and group of this process.
        package static var ownProcess: Reader { Reader(user: geteuid(), group: getegid()) }

        /// The reader of the files for a command.
        ///
        /// It is the service's user if there is one and root only checks the files; otherwise the
        /// user of this process.
        package static var service: Reader {
            guard let entry = getpwnam("tokenwatchd") else { return .ownProcess }
            let user = entry.pointee.pw_uid
            guard geteuid() == 0 else {
                return Reader(user: geteuid(), group: getegid(), isVisitor: geteuid() != user)
            }
            return Reader(user: user, group: entry.pointee.pw_gid)
        }
    }

    /// Reads a secret.
    ///
    /// For a `trusted` file, one of `$CREDENTIALS_DIRECTORY`, owner and mode do not matter, because
    /// the service manager made it.
    package static func read(
        _ path: String,
        trusted: Bool = false,
        for reader: Reader = .ownProcess
    ) throws(SecretFileError) -> SecretReader.Reading {
        // Without O_NONBLOCK, opening a FIFO without a writer would block.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw openingFailed(path, errno: errno, for: reader) }
        defer { close(file) }

        var status = stat()
        guard fstat(file, &status) == 0 else { throw failed(path, "fstat failed", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            throw SecretFileError(
                "\(shown(path)) is "
                    + (isDirectory
                        ? "a directory; name the file that holds the secret"
                        : "not a regular file; store the secret in one")
            )
        }
        guard status.st_size <= off_t(Secret.maximumBytes) else {
            throw SecretFileError("\(shown(path)) \(SecretProblem.tooLong)")
        }
        if !trusted, let refusal = refusal(of: status, at: path, for: reader),
            !isMountedForContainer(file, status, for: reader)
        {
            guard !reader.isVisitor || status.st_uid == reader.user else {
                throw forVisitors(path, "this user cannot check it")
            }
            let advice =
                ContainerSign.isPresent && isMounted(status)
                ? "mount it read-only, or pass it as a credential" : "run: \(refusal.command)"
            throw SecretFileError("\(shown(path)) \(refusal.problem); \(advice)")
        }
        // The file may have grown after the check: one byte too many is enough to know.
        guard let content = OpenedFile.content(of: file, limit: Secret.maximumBytes + 1) else {
            throw failed(path, "cannot be read", errno)
        }
        do {
            let secret = try Secret(validating: content)
            return SecretReader.Reading(secret: secret, identity: FileIdentity(status))
        } catch {
            throw SecretFileError("\(shown(path)) \(error)")
        }
    }

    /// Whether a container's runtime has mounted the file.
    ///
    /// Such a file is read-only, on a file system of its own that no other user can enter.
    ///
    /// Its mode is often 0444 and cannot be changed. A file that others could write, or that
    /// belongs to another user, gets the usual checks.
    private static func isMountedForContainer(
        _ file: Int32,
        _ status: stat,
        for reader: Reader
    ) -> Bool {
        guard status.st_uid == 0 || status.st_uid == reader.user, status.st_mode & 0o022 == 0 else {
            return false
        }
        var system = statvfs()
        return fstatvfs(file, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
            && isMounted(status) && ContainerSign.isPresent
    }

    /// Whether a file is on another file system than `/`.
    private static func isMounted(_ status: stat) -> Bool {
        var root = stat()
        return stat("/", &root) == 0 && root.st_dev != status.st_dev
    }
}

// MARK: - Access

extension SecretFile {
    /// Returns the reason to reject a file's owner or mode, and a fix; nil if they are correct.
    private static func refusal(
        of status: stat,
        at path: String,
        for reader: Reader
    ) -> (problem: String, command: String)? {
        let mode = status.st_mode & 0o7777
        var own: String { ownCommand(path, for: reader) }
        var octal: String { "mode 0" + String(mode, radix: 8) }
        guard status.st_uid == 0 || status.st_uid == reader.user else {
            return (
                "is owned by uid \(status.st_uid); it must belong to root or the daemon's user", own
            )
        }
        // The group's permissions are fine if the daemon's group only reads.
        let isDaemonsGroup = status.st_gid == reader.group || status.st_gid == 0
        var mended: String {
            if status.st_uid == reader.user { return "chmod 0600 \(quoted(path))" }
            return status.st_gid == reader.group ? "chmod 0640 \(quoted(path))" : own
        }
        if mode & 0o022 != 0 { return ("can be written by others (\(octal))", mended) }
        if mode & 0o007 != 0 { return ("can be read by others (\(octal))", mended) }
        if mode & 0o070 != 0 && !isDaemonsGroup {
            let group = "group \(status.st_gid), which is not the daemon's"
            return ("can be read by \(group) (\(octal))", mended)
        }
        // Root, which only checks the file, can read it; the service may not.
        let isReadable =
            (status.st_uid == reader.user && mode & 0o400 != 0)
            || (status.st_gid == reader.group && mode & 0o040 != 0)
        if reader.user != geteuid(), !isReadable {
            return ("cannot be read by user \(reader.name), the service's user (\(octal))", own)
        }
        return nil
    }

    /// Returns the reason why a file cannot be opened, with advice.
    static func openingFailed(
        _ path: String,
        errno code: Int32,
        for reader: Reader
    ) -> SecretFileError {
        switch code {
        case ENOENT:
            SecretFileError("\(shown(path)) does not exist")
        case ENOTDIR, ELOOP:
            failed(path, "cannot be reached", code)
        case EACCES where reader.isVisitor, EPERM where reader.isVisitor:
            forVisitors(path, "permission denied")
        case EACCES, EPERM:
            SecretFileError(
                "\(shown(path)) cannot be opened by user \(reader.name): \(reason(code));"
                    + " check access to its directories, then run: \(ownCommand(path, for: reader))"
            )
        default:
            failed(path, "cannot be opened", code)
        }
    }

    private static func forVisitors(_ path: String, _ problem: String) -> SecretFileError {
        SecretFileError(
            "\(shown(path)): \(problem); run the command with sudo",
            isForbidden: true
        )
    }

    private static func ownCommand(_ path: String, for reader: Reader) -> String {
        "chown \(reader.name) \(quoted(path)) && chmod 0600 \(quoted(path))"
    }

    private static func failed(_ path: String, _ what: String, _ code: Int32) -> SecretFileError {
        SecretFileError(
            "\(shown(path)) \(what): \(reason(code))",
            isShortage: Shortage.isMeant(by: code)
        )
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// Returns the path, escaped for a terminal or log.
    private static func shown(_ path: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in path.unicodeScalars {
            shown.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        }
        return String(shown)
    }

    /// Returns the path as a word of a shell command.
    static func quoted(_ path: String) -> String {
        if path.utf8.allSatisfy({ $0.isLetterOrDigit || "/._-".utf8.contains($0) }) { return path }
        return "'"
            + shown(path).split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }
}

/// The reason why a secret's file cannot be used: file, problem and fix.
package struct SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether this process lacked a descriptor or memory to read it: the file may be correct.
    package let isShortage: Bool
    /// Whether only the user of this command cannot use it: the daemon's secret may be correct.
    package let isForbidden: Bool

    init(_ description: String, isShortage: Bool = false, isForbidden: Bool = false) {
        self.description = description
        self.isShortage = isShortage
        self.isForbidden = isForbidden
    }
}

/// Whether this process runs in a container.
private enum ContainerSign {
    /// The signs of Podman and Docker, and of systemd's container interface (`$container`).
    static var isPresent: Bool {
        getpid() == 1 || getenv("container") != nil || access("/run/.containerenv", F_OK) == 0
            || access("/.dockerenv", F_OK) == 0
    }
}
