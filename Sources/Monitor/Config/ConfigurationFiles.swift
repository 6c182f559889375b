import Alerting
import Formats
import Glibc

/// Finds and reads the files of a configuration.
enum ConfigurationFiles {
    /// The most files, more than a person keeps in one folder.
    private static let maximumFiles = 65_000

    /// The main file: `path`, else in `$CONFIGURATION_DIRECTORY`, else in `/etc/tokenwatchd`.
    static func mainFile(path: String?, environment: [String: String]) -> String {
        if let path { return path }
        if let directories = environment["CONFIGURATION_DIRECTORY"],
            let first = directories.split(separator: ":").first
        {
            return "\(first)/tokenwatchd.toml"
        }
        return "/etc/tokenwatchd/tokenwatchd.toml"
    }

    /// Returns the main file, then `conf.d/*.toml` next to it, in the order of their names.
    static func all(main: String, edit: ConfigurationEdit? = nil, report: Report) -> [String] {
        let fragments = fragments(beside: main)
        let found = names(in: fragments, report: report)
        return [main] + edit.applied(to: found).sorted().map { "\(fragments)/\($0)" }
    }

    /// The folder of the other files.
    static func fragments(beside main: String) -> String {
        main.lastIndex(of: "/").map { "\(main[...$0])conf.d" } ?? "conf.d"
    }

    private static func names(in fragments: String, report: Report) -> [String] {
        guard let directory = opendir(fragments) else {
            // A missing conf.d is normal; an unreadable one is an error.
            if errno != ENOENT && errno != ENOTDIR {
                let code = errno
                report.unread(file: fragments, "cannot be read: \(reason(code))\(advice(code))")
            }
            return []
        }
        defer { closedir(directory) }
        var names: [String] = []
        var overlooked: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".toml") && !name.hasPrefix(".") {
                names.append(name)
            } else if entry.pointee.d_type != DT_DIR, isOverlooked(name) {
                overlooked.append(name)
            }
            guard names.count <= maximumFiles else {
                report.unread(
                    file: fragments,
                    "contains more than \(maximumFiles) files; merge some"
                )
                return []
            }
        }
        for name in overlooked.sorted() {
            report.warning(
                file: "\(fragments)/\(name)",
                "ignored, because its name does not end in .toml; rename it"
            )
        }
        return names
    }

    /// Whether a user may expect the file to be read, unlike leftovers of editors and packages.
    private static func isOverlooked(_ name: String) -> Bool {
        let left = [
            "~", ".bak", ".orig", ".old", ".save", ".swp", ".tmp", ".rpmsave", ".rpmnew",
            ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-tmp", ".ucf-old", ".ucf-dist",
            ".ucf-new", ".disabled", ".off",
        ]
        return !name.hasPrefix(".") && !name.hasPrefix("README")
            && !left.contains { name.hasSuffix($0) }
    }

    private static func folder(of path: String) -> Substring {
        path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    }

    /// A file's content, and whether only its owner can read it.
    struct Content {
        let bytes: [UInt8]
        let isPrivate: Bool
    }

    /// Reads a file; nil if it was rejected, which is reported.
    static func read(_ path: String, report: Report) -> Content? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            let isMain = report.files.count == 1
            report.unread(
                file: path,
                "cannot be read by user \(geteuid()): \(reason(code))"
                    + (code == ENOENT && isMain
                        ? "; create it, or name another with --config" : advice(code))
            )
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            report.unread(file: path, "cannot be read: \(reason())")
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            report.unread(
                file: path,
                isFolder
                    ? "is a directory; "
                        + (report.files.count == 1
                            ? "name the file in it, such as \(path)/tokenwatchd.toml"
                            : "move its files into \(Self.folder(of: path)), and remove it")
                    : "is not a regular file; name a TOML file"
            )
            return nil
        }
        if let refusal = refusal(of: status, path: path) {
            report.unread(file: path, refusal)
            return nil
        }
        guard status.st_size <= TOML.maximumBytes else {
            report.unread(
                file: path,
                "is \(status.st_size) bytes long; the limit is \(TOML.maximumBytes). "
                    + "Split it into files in conf.d"
            )
            return nil
        }
        guard let bytes = OpenedFile.content(of: descriptor, limit: TOML.maximumBytes) else {
            report.unread(file: path, "cannot be read: \(reason())")
            return nil
        }
        guard bytes.count <= TOML.maximumBytes else {
            report.unread(
                file: path,
                "grew beyond \(TOML.maximumBytes) bytes during reading; split it into files in conf.d"
            )
            return nil
        }
        return Content(bytes: bytes, isPrivate: status.st_mode & 0o077 == 0)
    }

    private static func reason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

    /// Advice if access is denied; empty for other errors.
    private static func advice(_ code: Int32) -> String {
        guard code == EACCES || code == EPERM else { return "" }
        return SecretFile.Reader.service.isVisitor
            ? "; run the command with sudo"
            : "; make it readable for the group \(getegid()), with the directories above it"
    }

    private static func refusal(of status: stat, path: String) -> String? {
        let mode = String(status.st_mode & 0o7777, radix: 8)
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            return "is owned by user \(status.st_uid); root or the daemon's user must own it; run: "
                + "chown root \(SecretFile.quoted(path))"
        }
        if status.st_mode & 0o022 != 0 {
            return "can be changed by others (mode 0\(mode)); run: "
                + "chmod go-w \(SecretFile.quoted(path))"
        }
        return nil
    }
}
