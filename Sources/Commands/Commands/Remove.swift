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
        exitStatuses: ExitStatus.ofChanges("removed")
    ) { arguments, session in
        let id = try TokenID(operandOf: arguments, command: "remove")
        let entry = try ConfigurationEntry.ofToken(id, arguments, session)
        return try await EntryRemoval(entry: entry, arguments: arguments, session: session).make()
    }

    static let removeChannel = Command(
        "remove-channel",
        "remove a channel that add-channel added",
        operands: [.one("CHANNEL")],
        options: [.config, .socket],
        notes: [
            "It removes the entry and the secrets that add-channel wrote, and reloads. To remove a "
                + "channel from a file that you wrote, edit that file. The daemon drops pending "
                + "notifications of the channel."
        ],
        exitStatuses: ExitStatus.ofChanges("removed")
    ) { arguments, session in
        let id = try TokenID(operandOf: arguments, .channel, command: "remove-channel")
        let entry = try ConfigurationEntry(id, kind: .channel, arguments, session)
        return try await EntryRemoval(entry: entry, arguments: arguments, session: session).make()
    }
}
