import Alerting
import Glibc
import Monitor
import Store

/// The files of an entry and of its secrets, and how they change.
extension ConfigurationEntry {
    /// Writes the secret, for the service alone.
    func writeSecret(
        _ secret: Secret,
        of key: String? = nil,
        replaces: Bool
    ) throws(PrivateFolderError) {
        let folder = try PrivateFolder(
            path: "\(folder)/\(Self.secretFolder)",
            mode: 0o700,
            owner: owner
        )
        try folder.write(
            secretName(of: key),
            Self.content(of: secret),
            mode: 0o600,
            owner: owner,
            replaces: replaces
        )
    }

    /// Returns the reason why a secret's file cannot be replaced; nil if it can.
    func reasonNotToReplace(_ file: String) -> String? {
        let shown = file.escapedForTerminal
        var status = stat()
        if lstat(file, &status) != 0 {
            // A missing file that add wrote is written again.
            if errno == ENOENT, file == secretPath { return nil }
            return Self.problem(of: file, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return "\(shown) is not a regular file, and was not changed; replace its target"
        }
        return Self.reasonNotToWrite(in: Self.folder(of: file))
    }

    /// Replaces the secret in a file.
    func replaceSecret(_ secret: Secret, at file: String) throws(PrivateFolderError) {
        if file == secretPath, !hasSecretFile { return try writeSecret(secret, replaces: true) }
        let folder = try PrivateFolder(existing: Self.folder(of: file))
        let name = file.lastIndex(of: "/").map { String(file[file.index(after: $0)...]) } ?? file
        try folder.replace(name, Self.content(of: secret))
    }

    private static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    private static func content(of secret: Secret) -> [UInt8] {
        secret.withBytes { $0 + [UInt8(ascii: "\n")] }
    }

    /// Writes the secrets, by key, and the entry; reverts that if one of them or a check fails.
    func write(
        _ text: String,
        _ secrets: [String?: Secret],
        check: () throws -> Void
    ) throws {
        do {
            try Interruption.held {
                var written: [String?] = []
                do {
                    for (key, secret) in secrets {
                        try writeSecret(secret, of: key, replaces: false)
                        written.append(key)
                    }
                    try write(text)
                } catch {
                    for key in written { try? removeSecret(of: key) }
                    throw error
                }
                do {
                    try check()
                } catch {
                    try removeAll()
                    throw error
                }
            }
        } catch let error as PrivateFolderError {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.warning)
        }
    }

    /// Removes the entry and the secrets that its command wrote.
    func removeAll() throws(PrivateFolderError) {
        let secrets = ownSecrets
        try remove()
        for key in secrets { try removeSecret(of: key) }
    }

    /// Writes the entry, owned by root and readable by the service.
    func write(_ text: String) throws(PrivateFolderError) {
        let owner = PrivateFolder.Owner(user: geteuid(), group: owner.group)
        let folder = try PrivateFolder(
            path: "\(folder)/\(Self.entryFolder)",
            mode: hasService ? 0o750 : 0o700,
            owner: owner
        )
        let mode: UInt32 = hasService ? 0o640 : 0o600
        try folder.write(name, Array(text.utf8), mode: mode, owner: owner, replaces: false)
    }

    func remove() throws(PrivateFolderError) {
        try Self.remove(name, in: "\(folder)/\(Self.entryFolder)")
    }

    func removeSecret(of key: String? = nil) throws(PrivateFolderError) {
        try Self.remove(secretName(of: key), in: "\(folder)/\(Self.secretFolder)")
    }

    private static func remove(_ name: String, in path: String) throws(PrivateFolderError) {
        guard access(path, F_OK) == 0 else { return }
        let own = PrivateFolder.Owner(user: geteuid(), group: getegid())
        try PrivateFolder(path: path, mode: 0o700, owner: own).remove(name)
    }
}
