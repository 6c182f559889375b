import Alerting
import Glibc
import Monitor
import Store

extension Command {
    static let addChannel = Command(
        "add-channel",
        "add a webhook channel: reads its address, sends a test, reloads",
        operands: .one("NAME"),
        options: [
            Option("format", "FORMAT", help: "how messages look, such as slack, discord or ntfy"),
            Option("min-severity", "SEVERITY", help: "info, warning (the default) or critical"),
            Option("no-check", help: "store it without sending a test first"), .config, .socket,
        ],
        notes: [
            "Type or paste the address at the prompt, which does not echo it, or pipe it in: the URL of "
                + "a webhook is a secret. It is stored in secrets/channel-NAME beside the "
                + "configuration, readable by the service only; the entry is "
                + "conf.d/channel-NAME.toml. Existing files are never changed.",
            "The whole configuration is checked with the new entry, and a test is sent to the "
                + "address, before anything is stored. If the test fails, nothing is stored; "
                + "--no-check skips it.",
        ],
        exitStatuses: [
            (ExitStatus.ok, "added"),
            (ExitStatus.warning, "not added, or the daemon could not be told; it says which"),
            (ExitStatus.configuration, "not added: the configuration would be wrong"),
        ]
    ) { arguments, session in
        try await ChannelAddition(arguments, session).make()
    }
}

extension TokenID {
    /// The operand of a command that writes files named for a channel.
    init(channelOf arguments: Arguments, command: String) throws(UsageError) {
        let word = arguments.operands[0]
        guard let id = TokenID.named(word) else {
            throw UsageError(
                "\"\(word.escapedForTerminal)\" cannot name a channel; it must be \(TokenID.rule)",
                command: command
            )
        }
        self = id
    }
}

/// One channel on its way into the configuration.
private struct ChannelAddition {
    private let arguments: Arguments
    private let session: Session
    private let entry: ConfigurationEntry
    private let format: String

    init(_ arguments: Arguments, _ session: Session) throws {
        guard let format = arguments["format"] else {
            throw UsageError(
                "--format is missing: --format FORMAT, such as slack",
                command: "add-channel"
            )
        }
        self.format = format
        self.arguments = arguments
        self.session = session
        entry = try ConfigurationEntry(
            TokenID(channelOf: arguments, command: "add-channel"),
            kind: .channel,
            arguments,
            session
        )
    }

    func make() async throws -> Int32 {
        try refuseWhatIsThere()
        let text = entry.text([
            ("type", "webhook"), ("format", format), ("url_file", entry.secretPath),
            ("min_severity", arguments["min-severity"]),
        ])
        let before = try? session.configuration(arguments["config"])
        let configuration = try session.usableConfiguration(
            arguments["config"],
            edit: .adding(name: entry.name, text: text)
        )
        guard let channel = configuration.channels.first(where: { $0.name == entry.id.text }) else {
            throw Failure("\(entry.path) is not read", status: ExitStatus.configuration)
        }
        let address = try SecretInput.read(
            prompt: "Address (URL) of \(entry.id) (it is not shown): "
        )
        try check(address, channel, configuration)
        if !arguments.has("no-check") { try await test(address, configuration) }
        do {
            try Interruption.held { try write(address, text) }
        } catch let error as PrivateFolderError {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.warning)
        }
        session.console.print(
            "Added channel \(entry.id): \(entry.path), address in \(entry.secretPath)."
        )
        // Without any channel, events go to one that nobody has named, and that is no more.
        if let usual = before?.channels.first, before?.channels.count == 1,
            !configuration.channels.contains(where: { $0.name == usual.name })
        {
            session.console.print(
                "Events no longer go to \(usual.name), the default without channels; to keep it, add "
                    + "[channels.\(usual.name)] with type = \"\(usual.name)\"."
            )
        }
        return try await ChangedConfiguration(
            client: try DaemonClient(
                socketPath: arguments["socket"] ?? configuration.daemon.socketPath,
                configuration: arguments["config"]
            ),
            arguments: arguments,
            session: session
        ).take("added", entry.id, of: .channel, undo: undo)
    }

    /// Says why nothing can be added, where that is known before anything else.
    private func refuseWhatIsThere() throws(Failure) {
        func refuse(_ line: String) -> Failure { Failure(line, status: ExitStatus.warning) }
        switch entry.presence() {
        case .absent: break
        case .own:
            throw refuse(
                "channel \(entry.id) exists; to replace it: tokenwatchd remove-channel \(entry.id), "
                    + "then add it again"
            )
        case .foreign(let reason):
            throw refuse("\(entry.path) \(reason), and is left alone; choose another NAME")
        }
        if let present = try? session.configuration(arguments["config"]),
            let channel = present.channels.first(where: { $0.name == entry.id.text }),
            channel.place.line > 1
        {
            let file = present.files[Int(channel.place.file)].escapedForTerminal
            throw refuse("channel \(entry.id) exists, in \(file):\(channel.place.line)")
        }
        if entry.hasSecretFile {
            throw refuse("\(entry.secretPath) exists, and is left alone; remove it first")
        }
        guard entry.isWritable else {
            throw refuse("\(entry.folder) cannot be written by you; run it with sudo")
        }
    }

    /// Whether an address can be one; what is wrong with it never shows it.
    private func check(
        _ address: Secret,
        _ channel: ChannelSettings,
        _ configuration: Configuration
    ) throws(Failure) {
        guard case .webhook(let webhook) = channel.kind else { return }
        do {
            _ = try WebhookTarget(url: address, allowsPlainHTTP: webhook.allowsPlainHTTP)
        } catch {
            throw Failure(
                "\(entry.id) is not added: \(error)",
                status: ExitStatus.warning
            )
        }
    }

    private func test(_ address: Secret, _ configuration: Configuration) async throws {
        let failure = try await ChannelTrial.failure(
            of: entry.id.text,
            in: configuration,
            address: address,
            environment: session.environment
        )
        if let failure {
            throw Failure(
                "\(entry.id) is not added: the test failed: \(failure.escapedForTerminal); nothing was "
                    + "stored. To store it unchecked, use --no-check",
                status: ExitStatus.warning
            )
        }
        session.console.print("Test delivered to \(entry.id).")
    }

    private func write(_ address: Secret, _ text: String) throws {
        try entry.writeSecret(address, replaces: false)
        do {
            try entry.write(text)
        } catch {
            try? entry.removeSecret()
            throw error
        }
        // As it is on the disk, with the eyes of the service.
        do {
            _ = try session.configuration(
                arguments["config"],
                secrets: SecretReader(environment: session.environment, for: .service)
            )
        } catch {
            let own = error.all.filter { $0.description.contains("channels.\(entry.id)") }
            guard own.isEmpty else {
                try undo()
                throw Failure(ConfigurationErrors(all: own))
            }
        }
    }

    private func undo() throws {
        try entry.remove()
        try entry.removeSecret()
    }
}
