import Alerting
import Monitor
import Store

extension Command {
    static let add = Command(
        "add",
        "add a token: read its secret, poll it once, reload",
        operands: [.one("ID")],
        options: [
            Option(
                "provider",
                "PROVIDER",
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
                    "further keys of the provider, for example group=platform; separate several "
                    + "with commas"
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
        readsSecret: true,
        exitStatuses: ExitStatus.ofChanges("added")
    ) { arguments, session in
        try await Addition(arguments, session).make()
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
        let before = try entry.requireAbsent(arguments, session)
        let issuer = Issuer(own: before?.profiles ?? [])
        var given: Secret?
        let provider: String
        if let named = arguments["provider"] {
            provider = issuer.known(named) ?? named
        } else {
            let typed = try readSecret()
            given = typed
            // With an address, the destination of the secret is known.
            let usual = arguments["base-url"].map { _ in BuiltinProviders.defaultName }
            provider =
                try issuer.recognised(typed)?.provider ?? usual ?? issuer.provider(of: typed)
        }
        let text = try entry.text(arguments, provider: provider)
        let configuration = try entry.added(text, arguments, session)
        guard let token = configuration.tokens.first(where: { $0.settings.id == entry.id }) else {
            throw entry.unread
        }
        let checked = try given ?? readSecret()
        try issuer.check(checked, named: provider) { "use --provider \($0)" }
        if entry.kind == .token, token.access.profile.list != nil {
            session.console.complain([
                "tokenwatchd: warning: \(token.access.profile.name) lists tokens, and none of them will be"
                    + " watched; to watch each of them, use --inventory"
            ])
        }
        if let doubt = checked.doubt {
            session.console.complain(["tokenwatchd: warning: \(doubt)"])
        }
        let changed = try ChangedConfiguration(configuration, arguments, session)
        if !arguments.has("no-check") {
            try await check(token, checked, configuration, changed.client)
        }
        try entry.write(text, [nil: checked]) { try checkWritten(token) }
        session.console.print("Added \(entry.id): \(entry.path), secret in \(entry.secretPath).")
        let status = try await changed.take(
            "added",
            entry.id,
            of: entry.kind,
            undo: entry.removeAll
        )
        if status == ExitStatus.ok, !arguments.has("no-check") {
            await changed.client.untilPolled(
                entry.id,
                within: min(configuration.polling.timeout, .seconds(5))
            )
        }
        return status
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
        guard let result = results.first else { return }
        let state = result.state
        guard state.lastOutcome != .ok else {
            return session.console.print(
                TokenScreen(result, session.canvas(at: session.clock())).lines
            )
        }
        let reason = state.lastError?.escapedForTerminal ?? "no answer"
        let provider = result.settings.provider
        if state.lastOutcome == .rejected {
            throw Failure(
                "\(entry.id) was not added: \(provider) rejects the secret: \(reason); "
                    + "check that it is complete and not revoked",
                status: ExitStatus.warning
            )
        }
        throw Failure(
            "\(entry.id) was not added: the first poll of \(provider) failed: \(reason); nothing was "
                + "stored. To store it unchecked, use --no-check",
            status: ExitStatus.warning
        )
    }

    /// Checks the files as the service reads them.
    private func checkWritten(_ token: WatchedToken) throws {
        _ = try session.usableConfiguration(arguments["config"])
        do {
            let reader = SecretReader(environment: session.environment, for: .service)
            _ = try reader.read(token.secret)
        } catch {
            throw Failure("\(error)", status: ExitStatus.configuration)
        }
    }
}
