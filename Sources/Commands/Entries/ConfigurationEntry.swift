import Alerting
import Formats
import Glibc
import Monitor
import Store

/// The files that `add` and `add-channel` write: `conf.d/NAME.toml` and `secrets/NAME`.
struct ConfigurationEntry {
    enum Kind {
        case token
        case inventory
        case channel

        /// The table that the entry is in.
        var table: String {
            switch self {
            case .token: "tokens"
            case .inventory: "inventories"
            case .channel: "channels"
            }
        }
        /// The noun for the entry's subject.
        var noun: String { self == .channel ? "channel" : "token" }
        fileprivate var prefix: String { self == .channel ? "channel-" : "" }
        var command: String { self == .channel ? "add-channel" : "add" }

        /// The commands change only files that begin with this line; a person wrote the others.
        var mark: String {
            self == .channel
                ? "# Written by `tokenwatchd add-channel`; `tokenwatchd remove-channel` removes this file."
                : "# Written by `tokenwatchd add`; `tokenwatchd remove` removes this file."
        }
    }

    let kind: Kind
    /// The token's id, or the channel's name, which follows the same rule.
    let id: TokenID
    /// The folder, absolute, so that a secret's place does not depend on the working directory.
    let folder: String
    let owner: PrivateFolder.Owner
    let hasService: Bool

    static let entryFolder = "conf.d"
    static let secretFolder = "secrets"

    /// - Throws: `Failure` if the folder of the configuration does not exist.
    init(
        _ id: TokenID,
        kind: Kind = .token,
        _ arguments: Arguments,
        _ session: Session
    ) throws(Failure) {
        self.id = id
        self.kind = kind
        let folder = Configuration.folder(
            path: arguments["config"],
            environment: session.environment
        )
        guard let resolved = realpath(folder, nil) else {
            let code = errno
            let reason = String(cString: strerror(code))
            let hint =
                code == ENOENT
                ? "; create the folder, with an empty configuration file in it" : ""
            throw Failure(
                "\(folder.escapedForTerminal): \(reason)\(hint)",
                status: ExitStatus.configuration
            )
        }
        defer { free(resolved) }
        self.folder = String(cString: resolved)
        let reader = SecretFile.Reader.service
        owner = PrivateFolder.Owner(user: reader.user, group: reader.group)
        hasService = reader.user != geteuid()
    }

    /// The name of the entry's file in `conf.d`.
    var name: String { "\(secretName(of: nil)).toml" }
    var path: String { "\(folder)/\(Self.entryFolder)/\(name)" }
    var secretPath: String { secretPath(of: nil) }

    /// Returns the file of the main secret, or of another one by its key.
    func secretPath(of key: String?) -> String {
        "\(folder)/\(Self.secretFolder)/\(secretName(of: key))"
    }

    /// Returns the name of a secret's file; no id has a plus sign, so no two entries share a file.
    func secretName(of key: String?) -> String {
        "\(kind.prefix)\(id)" + (key.map { "+\($0)" } ?? "")
    }

    /// The subject of the entry, in a sentence.
    var subject: String { kind == .channel ? "channel \(id)" : "\(id)" }

    /// The entry's table, as messages name it.
    var title: String { "[\(kind.table).\(id)]" }

    /// Returns the entry of a token, or of an inventory if `add` wrote one of this name.
    static func ofToken(
        _ id: TokenID,
        _ arguments: Arguments,
        _ session: Session
    ) throws(Failure) -> ConfigurationEntry {
        let inventory = try ConfigurationEntry(id, kind: .inventory, arguments, session)
        if inventory.presence() == .own { return inventory }
        return try ConfigurationEntry(id, arguments, session)
    }

    // MARK: - The present files

    enum Presence: Hashable {
        case absent
        /// The entry was written by `add`, for this token alone.
        case own
        /// The entry must not be changed by the command, for this reason.
        case foreign(String)
        /// The author of the entry is unknown: the problem, and the remedy.
        case unreadable(String)
    }

    /// Determines the author of the entry.
    func presence() -> Presence {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let code = errno
            return code == ENOENT || code == ENOTDIR
                ? .absent : .unreadable(Self.problem(of: path, code: code))
        }
        let bytes: [UInt8]
        switch read() {
        // A link or a pipe was made by a person.
        case .failure(let error) where error.code == ELOOP || error.code == ENXIO: bytes = []
        case .failure(let error):
            return .unreadable(Self.problem(of: path, code: error.code))
        case .success(let content): bytes = content
        }
        guard bytes.starts(with: (kind.mark + "\n").utf8) else {
            return .foreign("was not written by tokenwatchd \(kind.command)")
        }
        let root = TOML.parse(bytes).root
        guard root.entries.map(\.key) == [kind.table],
            case .table(let entries)? = root[kind.table]?.value,
            entries.entries.map(\.key) == [id.text]
        else { return .foreign("contains more than \(title)") }
        return .own
    }

    var hasSecretFile: Bool { access(secretPath, F_OK) == 0 }

    /// The reason why this user cannot change the files; nil if they can.
    var reasonNotToWrite: String? {
        [Self.entryFolder, Self.secretFolder].lazy.compactMap { name in
            let path = "\(folder)/\(name)"
            return Self.reasonNotToWrite(in: access(path, F_OK) == 0 ? path : folder)
        }.first
    }

    /// Returns the reason why this user cannot create files in a folder; nil if they can.
    static func reasonNotToWrite(in folder: String) -> String? {
        guard access(folder, W_OK) != 0 else { return nil }
        return problem(of: folder, code: errno)
    }

    /// Returns the message about a system error on writing in a folder.
    static func problem(of folder: String, code: Int32) -> String {
        let shown = folder.escapedForTerminal
        switch code {
        case EACCES, EPERM: return "\(shown): permission denied; run the command with sudo"
        case EROFS:
            return "\(shown): read-only file system; remount it, or make the change where its "
                + "files come from"
        default: return "\(shown): \(String(cString: strerror(code)))"
        }
    }

    /// The entry's current content.
    var writtenText: String? { content().map { String(decoding: $0, as: UTF8.self) } }

    /// The keys of the secrets that the command wrote and the entry names; nil is the main one.
    var ownSecrets: [String?] {
        guard let bytes = content(),
            case .table(let entries)? = TOML.parse(bytes).root[kind.table]?.value,
            case .table(let entry)? = entries[id.text]?.value
        else { return [] }
        var keys: [String?] = []
        for key in entry.entries.map(\.key) where key.hasSuffix("_file") {
            guard case .string(let path)? = entry[key]?.value else { continue }
            let other = String(key.dropLast("_file".count))
            if path == secretPath { keys.append(nil) }
            if path == secretPath(of: other) { keys.append(other) }
        }
        return keys
    }

    private func content() -> [UInt8]? { try? read().get() }

    private struct ReadingError: Error {
        let code: Int32
    }

    private func read() -> Result<[UInt8], ReadingError> {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return .failure(ReadingError(code: errno)) }
        defer { close(file) }
        // The limit is more than any entry of one token has.
        let bytes = InputFile.read(file, atMost: 64 << 10)
        return bytes.map { .success($0) } ?? .failure(ReadingError(code: errno))
    }

    // MARK: - The text

    /// Returns the text of a token's entry: the given keys, and the place of the secret.
    ///
    /// - Throws: `UsageError` if `--set` cannot be read.
    func text(_ arguments: Arguments, provider: String) throws(UsageError) -> String {
        text(
            [
                ("provider", provider), ("base_url", arguments["base-url"]),
                ("secret_file", secretPath), ("owner", arguments["owner"]),
                ("expires", arguments["expires"]),
            ] + (try variables(arguments))
        )
    }

    /// Returns the keys and values of `--set`.
    private func variables(
        _ arguments: Arguments
    ) throws(UsageError) -> [(key: String, value: String?)] {
        var variables: [(key: String, value: String?)] = []
        for pair in (arguments["set"] ?? "").split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isKey = parts[0].utf8.allSatisfy { (0x61...0x7a).contains($0) || $0 == 0x5f }
            guard parts.count == 2, isKey, !parts[0].isEmpty else {
                throw UsageError(
                    "--set has \"\(String(pair).escapedForTerminal)\"; it must be KEY=VALUE, such as "
                        + "group=platform",
                    command: kind.command
                )
            }
            variables.append((String(parts[0]), String(parts[1])))
        }
        return variables
    }

    /// Returns the text of an entry with these keys; keys without a value are omitted.
    func text(_ keys: [(key: String, value: String?)]) -> String {
        // A dot in a bare key would split it.
        let key = id.text.contains(".") ? TOMLText.quoted(id.text) : id.text
        var text = "\(kind.mark)\n[\(kind.table).\(key)]\n"
        for (key, value) in keys {
            if let value { text += "\(key) = \(TOMLText.quoted(value))\n" }
        }
        return text
    }
}
