import Alerting

extension Command {
    static let remove = Command(
        "remove",
        "remove a token that add added",
        operands: [.one("ID")],
        options: [.config, .socket],
        notes: [
            "It removes the entry and the secret that add wrote, and reloads. To remove a token from "
                + "a file that you wrote, edit that file. The history of the token stays in the "
                + "record."
        ],
        exitStatuses: [
            (ExitStatus.ok, "removed"),
            (ExitStatus.warning, "not removed, or the daemon did not reload; the error says which"),
            (ExitStatus.configuration, "not removed: the configuration would be wrong"),
        ]
    ) { arguments, session in
        let id = try TokenID(operandOf: arguments, command: "remove")
        let entry = try ConfigurationEntry.ofToken(id, arguments, session)
        return try await EntryRemoval(entry: entry, arguments: arguments, session: session).make()
    }
}
