import Alerting
import Monitor
import Store

/// An entry to remove from the configuration, with the secrets that its command wrote.
struct EntryRemoval {
    let entry: ConfigurationEntry
    let arguments: Arguments
    let session: Session

    /// - Returns: the exit status.
    func make() async throws -> Int32 {
        try entry.requireOwn(arguments, session)
        guard let text = entry.writtenText else {
            throw Failure("\(entry.path) cannot be read", status: ExitStatus.warning)
        }
        let after: Configuration
        do {
            after = try session.configuration(
                arguments["config"],
                edit: .removing(name: entry.name)
            )
        } catch {
            session.console.complain(error.all.map(\.description) + [unchanged])
            return ExitStatus.configuration
        }
        let changed = try ChangedConfiguration(after, arguments, session)
        // An entry that a person wrote may use the same file.
        let secrets = entry.ownSecrets.filter { key in
            !after.tokens.contains { $0.secret == .file(entry.secretPath(of: key)) }
        }
        try changing { try entry.remove() }
        session.console.print("Removed \(entry.subject): \(entry.path).")
        let status = try await changed.take("removed", entry.id, of: entry.kind) {
            try entry.write(text)
        }
        // A daemon that keeps the entry still needs the secrets.
        if status != ExitStatus.configuration {
            try changing { for key in secrets { try entry.removeSecret(of: key) } }
        }
        return status
    }

    /// The last line, after the errors of the configuration without the entry.
    private var unchanged: String {
        let tables =
            entry.kind == .inventory ? ", and delete every table [tokens.\"\(entry.id)/…\"]" : ""
        return "tokenwatchd: nothing was removed: without \(entry.path.escapedForTerminal) the "
            + "configuration has these errors; correct them first\(tables)"
    }

    private func changing(_ body: () throws -> Void) throws {
        do {
            try Interruption.held(body)
        } catch {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.warning)
        }
    }
}
