import Alerting
import Monitor
import Store

extension Command {
    static let addChannel = Command(
        "add-channel",
        "add a webhook channel: read its address, send a test, reload",
        operands: [.one("NAME")],
        options: [
            Option(
                "format",
                "FORMAT",
                help: "the format of messages, such as slack, discord or ntfy"
            ),
            Option("min-severity", "SEVERITY", help: "info, warning (the default) or critical"),
            Option("allow-plain-http", help: "send to another machine without encryption"),
            Option("no-check", help: "store it without sending a test first"), .config, .socket,
        ],
        notes: [
            "Type or paste the address at the prompt, which does not echo it, or pipe it in: the URL of "
                + "a webhook is a secret. It is stored in secrets/channel-NAME next to the "
                + "configuration, readable by the service only; the entry is "
                + "conf.d/channel-NAME.toml. Existing files are never changed.",
            "It also prompts for what the format needs, such as a chat; `tokenwatchd formats` lists "
                + "that. In a pipe these are a line each, in that order, before the address.",
            "The command checks the whole configuration with the new entry, and sends a test to the "
                + "address, before it stores anything. If the test fails, it stores nothing; "
                + "--no-check skips it.",
        ],
        readsSecret: true,
        exitStatuses: ExitStatus.ofChanges("added")
    ) { arguments, session in
        try await ChannelAddition(arguments, session).make()
    }
}

/// A channel to add to the configuration.
private struct ChannelAddition {
    private let arguments: Arguments
    private let session: Session
    private let entry: ConfigurationEntry
    private let format: String
    /// The inputs of the format, and whether it needs an address.
    private let inputs: [MessageFormat.Input]
    private let needsAddress: Bool

    init(_ arguments: Arguments, _ session: Session) throws {
        guard let format = arguments["format"] else {
            throw UsageError(
                "--format is missing: --format FORMAT, such as slack",
                command: "add-channel"
            )
        }
        self.format = format
        if ["mail", "email", "smtp"].contains(format) {
            throw UsageError(
                "mail is no format of a webhook: write a [channels.NAME] with type = \"mail\"",
                command: "add-channel"
            )
        }
        if let severity = arguments["min-severity"], Severity(rawValue: severity) == nil {
            throw UsageError(
                "--min-severity is \"\(severity.escapedForTerminal)\"; it must be info, warning or "
                    + "critical",
                command: "add-channel"
            )
        }
        // An error of the configuration itself is reported later, with its place.
        let formats = try? KnownFormats(arguments, session)
        let known =
            formats?.isComplete == true
            ? try formats?.named(format, for: "add-channel")
            : formats?.all.first { $0.name == format }
        inputs = known?.inputs.filter { $0.fallback == nil } ?? []
        needsAddress = known.map { $0.url.fallback == nil } ?? true
        self.arguments = arguments
        self.session = session
        entry = try ConfigurationEntry(
            TokenID(operandOf: arguments, .channel, command: "add-channel"),
            kind: .channel,
            arguments,
            session
        )
    }

    func make() async throws -> Int32 {
        try entry.requireAbsent(
            secrets: [nil] + inputs.filter(\.isSecret).map(\.name),
            arguments,
            session
        )
        let answers = try inputs.map(answer)
        var keys: [(key: String, value: String?)] = [
            ("type", "webhook"), ("format", format),
            ("url_file", needsAddress ? entry.secretPath : nil),
            ("min_severity", arguments["min-severity"]),
        ]
        keys += answers.map(entryLine)
        let plain = arguments.has("allow-plain-http") ? "allow_plain_http = true\n" : ""
        let text = entry.text(keys) + plain
        let configuration = try entry.added(text, arguments, session)
        guard let channel = configuration.channels.first(where: { $0.name == entry.id.text }) else {
            throw entry.unread
        }
        var secrets: [String?: Secret] = [:]
        for case .secret(let key, let secret) in answers { secrets[key] = secret }
        if needsAddress {
            let address = try SecretInput.read(
                prompt: "Address (URL) of \(entry.id) (it is not shown): ",
                noun: "address",
                isAnswered: !inputs.isEmpty
            )
            try check(address, channel, configuration)
            secrets[nil] = address
        }
        if !arguments.has("no-check") { try await test(secrets, configuration) }
        try entry.write(text, secrets, check: checkWritten)
        session.console.print(
            "Added channel \(entry.id): \(entry.path), "
                + (needsAddress ? "address in \(entry.secretPath)." : "with the format's address.")
        )
        return try await ChangedConfiguration(configuration, arguments, session)
            .take("added", entry.id, of: .channel, undo: entry.removeAll)
    }

    /// Whether an address is valid; errors do not show it.
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
                "\(entry.id) was not added: "
                    + "\(error)".replacing(
                        "set allow_plain_http = true",
                        with: "--allow-plain-http"
                    ),
                status: ExitStatus.warning
            )
        }
    }

    private func test(_ secrets: [String?: Secret], _ configuration: Configuration) async throws {
        var others: [String: Secret] = [:]
        for (key, secret) in secrets { if let key { others[key] = secret } }
        let failure = try await ChannelTrial.failure(
            of: entry.id.text,
            in: configuration,
            address: secrets[nil],
            secrets: others,
            environment: session.environment
        )
        if let failure {
            throw Failure(
                "\(entry.id) was not added: the test failed: \(failure.escapedForTerminal); nothing was "
                    + "stored. To store it unchecked, use --no-check",
                status: ExitStatus.warning
            )
        }
        session.console.print("Test delivered to \(entry.id).")
    }

    /// Checks the files as the service reads them.
    private func checkWritten() throws {
        do {
            _ = try session.configuration(
                arguments["config"],
                secrets: SecretReader(environment: session.environment, for: .service)
            )
        } catch {
            let own = error.all.filter { $0.description.contains("channels.\(entry.id)") }
            if !own.isEmpty { throw Failure(ConfigurationErrors(all: own)) }
        }
    }

    // MARK: - The needs of the format

    private enum Answer {
        case param(String, String)
        case secret(String, Secret)
    }

    private func answer(_ input: MessageFormat.Input) throws -> Answer {
        let example = input.example.map { ", such as \($0)" } ?? ""
        if input.isSecret {
            let prompt = "\(input.name): \(input.about) (it is not shown): "
            let secret = try SecretInput.read(prompt: prompt, noun: input.name, isAnswered: true)
            return .secret(input.name, secret)
        }
        let prompt = "\(input.name): \(input.about)\(example): "
        return .param(input.name, try SecretInput.text(prompt: prompt, noun: input.name))
    }

    private func entryLine(_ answer: Answer) -> (key: String, value: String?) {
        switch answer {
        case .param(let key, let value): (key, value)
        case .secret(let key, _): ("\(key)_file", entry.secretPath(of: key))
        }
    }
}
