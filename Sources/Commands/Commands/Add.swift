import Alerting
import Glibc
import Monitor
import Store

extension Command {
    static let add = Command(
        "add",
        "add a token: reads its secret, polls it once, reloads",
        operands: .one("ID"),
        options: [
            Option(
                "provider",
                "NAME",
                help: "the provider that issued it; default: recognised by the secret's prefix"
            ),
            Option("base-url", "URL", help: "the API's address; default: the provider's"),
            Option("owner", "OWNER", help: "included in every notification"),
            Option("expires", "DATE", help: "its expiry, if the provider reports none: 2027-01-31"),
            Option("inventory", help: "watch each token that this one can list"),
            Option(
                "set",
                "KEY=VALUE",
                help:
                    "further keys of the provider: group=platform; more after commas"
            ),
            Option("no-check", help: "store it without polling it first"), .config, .socket,
        ],
        notes: [
            "Type the secret at the prompt, which does not echo it, or pipe it in. It is stored in "
                + "secrets/ID next to the configuration, readable by the service only; the entry is "
                + "conf.d/ID.toml. Existing files are never changed.",
            "The provider is the one you name, or the one that the secret's prefix shows, such as "
                + "ghp_ for GitHub. Otherwise the command prompts for it. It never sends a secret to a "
                + "provider that was neither named nor recognised. With --base-url alone it is vps.org.",
            "With --inventory the entry is an [inventories.ID]: the daemon watches each token of the "
                + "list as ID/ROW. It needs a provider that lists tokens.",
            "The command checks the whole configuration with the new entry, and polls the token once, "
                + "before it stores anything. If that poll fails, it stores nothing; --no-check "
                + "skips it.",
        ],
        exitStatuses: [
            (ExitStatus.ok, "added"),
            (ExitStatus.warning, "not added, or the daemon did not reload; the error says which"),
            (ExitStatus.configuration, "not added: the configuration would be wrong"),
        ]
    ) { arguments, session in
        try await Addition(arguments, session).make()
    }
}

extension TokenID {
    /// The operand of a command that writes files named for it.
    init(operandOf arguments: Arguments, command: String) throws(UsageError) {
        let word = arguments.operands[0]
        guard let id = TokenID.named(word) else {
            throw UsageError(
                "\"\(word.escapedForTerminal)\" cannot name a token; it must be \(TokenID.rule)",
                command: command
            )
        }
        self = id
    }
}

/// A token to add to the configuration.
private struct Addition {
    private let arguments: Arguments
    private let session: Session
    private let entry: ConfigurationEntry

    init(_ arguments: Arguments, _ session: Session) throws {
        self.arguments = arguments
        self.session = session
        entry = try ConfigurationEntry(
            TokenID(operandOf: arguments, command: "add"),
            kind: arguments.has("inventory") ? .inventory : .token,
            arguments,
            session
        )
    }

    func make() async throws -> Int32 {
        try refuseWhatIsThere()
        let issuer = Issuer()
        var given: Secret?
        let provider: String
        if let named = arguments["provider"] {
            provider = named
        } else {
            let typed = try readSecret()
            given = typed
            // With an address, the destination of the secret is known.
            let usual = arguments["base-url"].map { _ in BuiltinProviders.defaultName }
            provider =
                try issuer.recognised(typed)?.provider ?? usual ?? issuer.provider(of: typed)
        }
        let text = try entry.text(arguments, provider: provider)
        let configuration = try session.usableConfiguration(
            arguments["config"],
            edit: .adding(name: entry.name, text: text)
        )
        guard let token = configuration.tokens.first(where: { $0.settings.id == entry.id }) else {
            throw Failure("\(entry.path) is not read", status: ExitStatus.configuration)
        }
        let checked = try given ?? readSecret()
        try issuer.check(checked, named: provider)
        if let doubt = checked.doubt {
            session.console.complain(["tokenwatchd: warning: \(doubt)"])
        }
        let client = try DaemonClient(
            socketPath: arguments["socket"] ?? configuration.daemon.socketPath,
            configuration: arguments["config"]
        )
        if !arguments.has("no-check") { try await check(token, checked, configuration, client) }
        do {
            try Interruption.held { try write(checked, text, token) }
        } catch let error as PrivateFolderError {
            throw Failure("\(error)".escapedForTerminal, status: ExitStatus.warning)
        }
        session.console.print("Added \(entry.id): \(entry.path), secret in \(entry.secretPath).")
        return try await ChangedConfiguration(
            client: client,
            arguments: arguments,
            session: session
        ).take("added", entry.id, of: entry.kind, undo: undo)
    }

    /// Throws early if nothing can be added.
    private func refuseWhatIsThere() throws(Failure) {
        let id = entry.id
        func refuse(_ line: String) -> Failure { Failure(line, status: ExitStatus.warning) }
        switch entry.presence() {
        case .absent: break
        case .own:
            throw refuse(
                "\(id) is watched already. To change its secret: tokenwatchd rotate \(id); "
                    + "to end it: tokenwatchd remove \(id)"
            )
        case .foreign(let reason):
            throw refuse("\(entry.path) \(reason), so it was not changed; choose another ID")
        }
        // Errors of the configuration are reported later, with the new entry in it.
        if let present = try? session.configuration(arguments["config"]),
            let token = present.tokens.first(where: { $0.settings.id == id })
        {
            let file = present.files[Int(token.secretPlace.file)].escapedForTerminal
            throw refuse("\(id) is watched already, by \(file):\(token.secretPlace.line)")
        }
        if entry.hasSecretFile {
            throw refuse(
                "\(entry.secretPath) exists, and was not changed; remove it, or name it as "
                    + "secret_file in an entry of your own"
            )
        }
        guard entry.isWritable else {
            throw refuse("\(entry.folder): permission denied; run the command with sudo")
        }
    }

    private func readSecret() throws(Failure) -> Secret {
        try SecretInput.read(prompt: "Secret of \(entry.id) (it is not shown): ")
    }

    /// Polls once and shows the result.
    ///
    /// - Throws: `Failure` if there is no good answer.
    private func check(
        _ token: WatchedToken,
        _ secret: Secret,
        _ configuration: Configuration,
        _ client: DaemonClient
    ) async throws {
        var token = token
        token.secret = .inline(secret)
        let results = try await OneTimePoll(
            configuration,
            session,
            daemon: OwnUse(client),
            countsAsUse: false
        ).poll([token])
        session.console.print(
            PollScreen.lines(
                results,
                at: session.clock(),
                width: session.console.width,
                hasColour: session.console.hasColour
            )
        )
        guard let state = results.first?.state, state.lastOutcome != .ok else { return }
        if state.lastOutcome == .rejected {
            throw Failure(
                "\(entry.id) is not added: its provider rejects the secret",
                status: ExitStatus.warning
            )
        }
        let reason = state.lastError?.escapedForTerminal ?? "no answer"
        throw Failure(
            "\(entry.id) is not added: the first poll failed: \(reason); nothing was stored. To "
                + "store it unchecked, use --no-check",
            status: ExitStatus.warning
        )
    }

    private func write(_ secret: Secret, _ text: String, _ token: WatchedToken) throws {
        try entry.writeSecret(secret, replaces: false)
        do {
            try entry.write(text)
        } catch {
            try? entry.removeSecret()
            throw error
        }
        // Checked as the service reads it from the disk.
        do {
            _ = try session.usableConfiguration(arguments["config"])
            _ = try SecretReader(environment: session.environment, for: .service).read(token.secret)
        } catch {
            try undo()
            if error is Failure { throw error }
            throw Failure("\(error)", status: ExitStatus.configuration)
        }
    }

    private func undo() throws {
        try entry.remove()
        try entry.removeSecret()
    }
}
