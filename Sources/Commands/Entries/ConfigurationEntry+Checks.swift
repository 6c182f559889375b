import Alerting
import Glibc
import Monitor

extension TokenID {
    /// The operand of a command that reads or writes the files of an entry.
    init(
        operandOf arguments: Arguments,
        _ kind: ConfigurationEntry.Kind = .token,
        command: String
    ) throws(UsageError) {
        let word = arguments.operands[0]
        guard let id = TokenID.named(word) else {
            throw UsageError(
                "\"\(word.escapedForTerminal)\" cannot name a \(kind.noun); it must be "
                    + TokenID.rule,
                command: command
            )
        }
        self = id
    }
}

/// The checks before adding or removing an entry.
extension ConfigurationEntry {
    /// Throws if the entry or one of its secrets, by their keys, exists or cannot be written.
    ///
    /// Returns the configuration before the change; nil if it has errors.
    @discardableResult
    func requireAbsent(
        secrets keys: [String?] = [nil],
        _ arguments: Arguments,
        _ session: Session
    ) throws(Failure) -> Configuration? {
        func refuse(_ line: String) -> Failure { Failure(line, status: ExitStatus.warning) }
        switch presence() {
        case .absent: break
        case .own where kind == .channel:
            throw refuse(
                "\(subject) exists; to replace it: tokenwatchd remove-channel \(id), then add it again"
            )
        case .own:
            throw refuse(
                "\(subject) is watched already. To change its secret: tokenwatchd rotate \(id); "
                    + "to end it: tokenwatchd remove \(id)"
            )
        case .foreign(let reason):
            throw refuse("\(path) \(reason), so it was not changed; choose another name")
        case .unreadable(let reason): throw refuse(reason)
        }
        // Errors of the configuration are reported later, with the new entry in it.
        let present = try? session.configuration(arguments["config"])
        if let present, let place = place(in: present) {
            throw refuse("\(subject) is there already, in \(place)")
        }
        for path in keys.map(secretPath(of:)) where access(path, F_OK) == 0 {
            throw refuse(
                "\(path) exists, and was not changed; remove it, or name it in an entry of your own"
            )
        }
        if let problem = reasonNotToWrite { throw refuse(problem) }
        return present
    }

    /// The failure of an entry that the daemon would not find.
    var unread: Failure {
        Failure(
            "the daemon would not read \(path): \(title) is not in the configuration; report this",
            status: ExitStatus.configuration
        )
    }

    /// Throws if the command that adds such entries did not write this one.
    func requireOwn(_ arguments: Arguments, _ session: Session) throws(Failure) {
        let problem: String
        switch presence() {
        case .own: return
        case .foreign(let reason): problem = "\(path) \(reason), so it was not removed"
        case .unreadable(let reason): problem = reason
        case .absent:
            let present = try session.usableConfiguration(arguments["config"])
            guard let place = place(in: present) else { throw unknown(in: present) }
            problem =
                "\(subject) is in \(place), which tokenwatchd \(kind.command) did not write; "
                + "remove it there"
        }
        throw Failure(problem, status: ExitStatus.warning)
    }

    /// Returns the file and line of the entry's subject in a configuration; nil if it has none.
    private func place(in configuration: Configuration) -> String? {
        let place: FilePlace?
        if kind == .channel {
            place = configuration.channels.first { $0.name == id.text }?.place
            // The channel that exists without any entry has no line.
            guard let line = place?.line, line > 1 else { return nil }
        } else {
            place = configuration.tokens.first { $0.settings.id == id }?.secretPlace
        }
        return place.map {
            "\(configuration.files[Int($0.file)].escapedForTerminal):\($0.line)"
        }
    }

    private func unknown(in configuration: Configuration) -> Failure {
        guard kind == .channel else {
            let known = configuration.tokens.map(\.settings.id.text)
            return Failure.unknownToken(id.text, known: known, status: ExitStatus.warning)
        }
        let hint = NearestName.hint(id.text, among: configuration.channels.map(\.name))
        return Failure("there is no \(subject)\(hint)", status: ExitStatus.warning)
    }
}
