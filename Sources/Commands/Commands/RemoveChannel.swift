import Alerting

extension Command {
    static let removeChannel = Command(
        "remove-channel",
        "remove a channel that add-channel added",
        operands: [.one("NAME")],
        options: [.config, .socket],
        notes: [
            "It removes the entry and the secrets that add-channel wrote, and reloads. To remove a "
                + "channel from a file that you wrote, edit that file. The daemon drops pending "
                + "notifications of the channel."
        ],
        exitStatuses: [
            (ExitStatus.ok, "removed"),
            (ExitStatus.warning, "not removed, or the daemon did not reload; the error says which"),
            (ExitStatus.configuration, "not removed: the configuration would be wrong"),
        ]
    ) { arguments, session in
        let id = try TokenID(operandOf: arguments, .channel, command: "remove-channel")
        let entry = try ConfigurationEntry(id, kind: .channel, arguments, session)
        return try await EntryRemoval(entry: entry, arguments: arguments, session: session).make()
    }
}
