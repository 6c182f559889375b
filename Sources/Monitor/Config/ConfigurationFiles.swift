import Alerting
import Glibc

/// Finds and reads the files of a configuration.
enum ConfigurationFiles {
    /// More files than any person keeps in one folder.
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

    /// The main file, then `conf.d/*.toml` beside it in the order of their names.
    static func all(main: String, report: Report) -> [String] {
        let folder = main.lastIndex(of: "/").map { String(main[..<$0]) } ?? "."
        let fragments = (folder.isEmpty ? "/" : folder) + "/conf.d"
        guard let directory = opendir(fragments) else {
            // No conf.d is the usual case; one that cannot be read must not be passed over.
            if errno != ENOENT && errno != ENOTDIR {
                report.error(file: fragments, "cannot be read: \(String(cString: strerror(errno)))")
            }
            return [main]
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory), names.count < maximumFiles {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".toml") && !name.hasPrefix(".") { names.append(name) }
        }
        return [main] + names.sorted().map { "\(fragments)/\($0)" }
    }

    /// A file's bytes; nil where it was refused, which is reported.
    static func read(_ path: String, report: Report) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            report.error(file: path, "cannot be read: \(reason)")
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else {
            report.error(file: path, "is not a regular file")
            return nil
        }
        if let refusal = refusal(of: status, path: path) {
            report.error(file: path, refusal)
            return nil
        }
        guard status.st_size <= TOML.maximumBytes else {
            report.error(
                file: path,
                "is \(status.st_size) bytes long; at most \(TOML.maximumBytes) are read. "
                    + "Divide it into files in conf.d"
            )
            return nil
        }
        return bytes(of: descriptor, path: path, report: report)
    }

    /// Whether no one but the owner can read a file that holds a secret.
    static func isPrivate(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 == 0
    }

    private static func refusal(of status: stat, path: String) -> String? {
        let mode = String(status.st_mode & 0o7777, radix: 8)
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            return "belongs to user \(status.st_uid), who could change it; run: chown root \(path)"
        }
        if status.st_mode & 0o022 != 0 {
            return "can be changed by others (mode 0\(mode)); run: chmod go-w \(path)"
        }
        return nil
    }

    private static func bytes(of descriptor: Int32, path: String, report: Report) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= TOML.maximumBytes {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                report.error(file: path, "cannot be read: \(String(cString: strerror(errno)))")
                return nil
            }
            bytes += chunk[..<count]
        }
        report.error(file: path, "grew beyond \(TOML.maximumBytes) bytes while it was read")
        return nil
    }
}
