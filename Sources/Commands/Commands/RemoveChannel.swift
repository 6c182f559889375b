import Alerting
import Monitor
import Store

extension Command {
    static let removeChannel = Command(
        "remove-channel",
        "remove a channel that add-channel added",
        operands: .one("NAME"),
        options: [.config, .socket],
        notes: [
            "It removes the entry and the secrets that add-channel wrote, and reloads. Remove a channel "
                + "in a file of your own yourself. The daemon drops pending notifications of the "
                + "channel."
        ],
        exitStatuses: [
            (ExitStatus.ok, "removed"),
            (ExitStatus.warning, "not removed, or the daemon did not reload; the error says which"),
            (ExitStatus.configuration, "not removed: the configuration would be wrong"),
        ]
    ) { arguments, session in
        try await ChannelRemoval(arguments, session).make()
    }
}

/// A channel to remove from the configuration.
private struct ChannelRemoval {
    private let arguments: Arguments
    private let session: Session
    private let entry: ConfigurationEntry

    init(_ arguments: Arguments, _ session: Session) throws {
        self.arguments = arguments
        self.session = session
        let id = try TokenID(channelOf: arguments, command: "remove-channel")
        entry = try ConfigurationEntry(id, kind: .channel, arguments, session)
    }

    func make() async throws -> Int32 {
        try requireOwn()
        guard let text = entry.writtenText else {
            throw Failure("\(entry.path) cannot be read", status: ExitStatus.warning)
        }
        let after = try session.usableConfiguration(
            arguments["config"],
            edit: .removing(name: entry.name)
        )
        let secrets = entry.ownSecrets
        try changing { try entry.remove() }
        session.console.print("Removed channel \(entry.id): \(entry.path).")
        let status = try await ChangedConfiguration(
            client: try DaemonClient(
                socketPath: arguments["socket"] ?? after.daemon.socketPath,
                configuration: arguments["config"]
            ),
            arguments: arguments,
            session: session
        ).take("removed", entry.id, of: .channel) { try entry.write(text) }
        // A daemon that keeps the entry still needs the secrets.
        if status != ExitStatus.configuration {
            try changing { for key in secrets { try entry.removeSecret(of: key) } }
        }
        return status
    }

    private func requireOwn() throws(Failure) {
        switch entry.presence() {
        case .own: return
        case .foreign(let reason):
            throw Failure(
                "\(entry.path) \(reason), so it was not removed",
                status: ExitStatus.warning
            )
        case .absent:
            let present = try session.usableConfiguration(arguments["config"])
            guard let channel = present.channels.first(where: { $0.name == entry.id.text }),
                channel.place.line > 1
            else {
                let near = NearestName.of(entry.id.text, among: present.channels.map(\.name))
                throw Failure(
                    "there is no channel \(entry.id)"
                        + (near.map { "; did you mean \($0)?" } ?? ""),
                    status: ExitStatus.warning
                )
            }
            let file = present.files[Int(channel.place.file)].escapedForTerminal
            throw Failure(
                "channel \(entry.id) is in \(file):\(channel.place.line), which tokenwatchd "
                    + "add-channel did not write; remove it there",
                status: ExitStatus.warning
            )
        }
    }

    private func changing(_ body: () throws -> Void) throws {
        do {
            try Interruption.held(body)
        } catch {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.warning)
        }
    }
}
