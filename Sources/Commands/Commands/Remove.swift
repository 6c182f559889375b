import Alerting
import Monitor
import Store

extension Command {
    static let remove = Command(
        "remove",
        "remove a token that add added",
        operands: .one("ID"),
        options: [.config, .socket],
        notes: [
            "It removes the entry and the secret that add wrote, and reloads. Remove a token in a "
                + "file of your own yourself. Its history stays in "
                + "the record."
        ],
        exitStatuses: [
            (ExitStatus.ok, "removed"),
            (ExitStatus.warning, "not removed, or the daemon did not reload; the error says which"),
            (ExitStatus.configuration, "not removed: the configuration would be wrong"),
        ]
    ) { arguments, session in
        try await Removal(arguments, session).make()
    }
}

extension ConfigurationEntry {
    /// Throws if `add` did not write the token.
    func requireOwn(_ arguments: Arguments, _ session: Session) throws(Failure) {
        let foreign: Failure
        switch presence() {
        case .own: return
        case .foreign(let reason):
            foreign = Failure(
                "\(path) \(reason), so it was not removed",
                status: ExitStatus.warning
            )
        case .absent:
            let present = try session.usableConfiguration(arguments["config"])
            guard let token = present.tokens.first(where: { $0.settings.id == id }) else {
                let known = present.tokens.map(\.settings.id.text)
                throw Failure.unknownToken(id.text, known: known, status: ExitStatus.warning)
            }
            let file = present.files[Int(token.secretPlace.file)].escapedForTerminal
            foreign = Failure(
                "\(id) is in \(file):\(token.secretPlace.line), which tokenwatchd add did not "
                    + "write; remove it there",
                status: ExitStatus.warning
            )
        }
        throw foreign
    }
}

/// A token to remove from the configuration.
private struct Removal {
    private let arguments: Arguments
    private let session: Session
    private let entry: ConfigurationEntry

    init(_ arguments: Arguments, _ session: Session) throws {
        self.arguments = arguments
        self.session = session
        let id = try TokenID(operandOf: arguments, command: "remove")
        entry = try ConfigurationEntry.ofToken(id, arguments, session)
    }

    func make() async throws -> Int32 {
        try entry.requireOwn(arguments, session)
        guard let text = entry.writtenText else {
            throw Failure("\(entry.path) cannot be read", status: ExitStatus.warning)
        }
        let after = try session.usableConfiguration(
            arguments["config"],
            edit: .removing(name: entry.name)
        )
        let client = try DaemonClient(
            socketPath: arguments["socket"] ?? after.daemon.socketPath,
            configuration: arguments["config"]
        )
        let hasOwnSecret =
            entry.namesOwnSecret && !after.tokens.contains { $0.secret == .file(entry.secretPath) }
        try changing { try entry.remove() }
        session.console.print("Removed \(entry.id): \(entry.path).")
        let status = try await ChangedConfiguration(
            client: client,
            arguments: arguments,
            session: session
        ).take("removed", entry.id) { try entry.write(text) }
        // A daemon that keeps the entry still needs the secret.
        if status != ExitStatus.configuration, hasOwnSecret {
            try changing { try entry.removeSecret() }
        }
        return status
    }

    private func changing(_ body: () throws -> Void) throws {
        do {
            try Interruption.held(body)
        } catch {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.warning)
        }
    }
}
