import Alerting
import Glibc
import Monitor
import Store

extension Command {
    static let rotate = Command(
        "rotate",
        "replace a token's secret, after comparing the new one with the old one",
        operands: [.one("ID")],
        options: [
            Option("yes", help: "do not ask if the new secret covers the old one"),
            Option("anyway", help: "do not ask, even if the new secret covers less"), .config,
            .socket,
        ],
        notes: [
            "Type the new secret at the prompt, which does not echo it, or pipe it in. The command "
                + "polls both secrets and shows them side by side. It never stores a new one without a "
                + "good answer. It does not poll the secrets of a canary, because that counts as use.",
            "It replaces the file that secret_file names, and keeps its owner and mode. A secret "
                + "in the configuration, or a credential of the service, is yours "
                + "to replace.",
            "Without a terminal, confirm with a second input line y, --yes or --anyway.",
        ],
        readsSecret: true,
        exitStatuses: [
            (ExitStatus.ok, "replaced"),
            (ExitStatus.warning, "not replaced; the error has the reason"),
            (ExitStatus.configuration, "the configuration is wrong"),
        ]
    ) { arguments, session in
        try await Rotation(arguments, session).make()
    }
}

/// A new secret to replace the old one.
private struct Rotation {
    private let arguments: Arguments
    private let session: Session
    private let entry: ConfigurationEntry

    init(_ arguments: Arguments, _ session: Session) throws {
        self.arguments = arguments
        self.session = session
        let id = try TokenID(operandOf: arguments, command: "rotate")
        entry = try ConfigurationEntry.ofToken(id, arguments, session)
    }

    func make() async throws -> Int32 {
        let configuration = try session.usableConfiguration(arguments["config"])
        guard let token = configuration.tokens.first(where: { $0.settings.id == entry.id }) else {
            let known = configuration.tokens.map(\.settings.id.text)
            throw Failure.unknownToken(entry.id.text, known: known, status: ExitStatus.warning)
        }
        let path = try replaceablePath(of: token, configuration)
        let secret = try SecretInput.read(
            prompt: "New secret of \(entry.id) (it is not shown): ",
            isAnswered: true
        )
        let reader = SecretReader(environment: session.environment, for: .service)
        let old = try? reader.read(token.secret).secret
        guard secret != old else { throw refusal("the new secret is the current one") }
        let provider = token.settings.provider
        try Issuer(own: configuration.profiles).check(secret, named: provider) {
            "if that is right, remove \(entry.id), and add it with --provider \($0)"
        }
        let client = try DaemonClient(arguments, configuration)
        let comparison = try await comparison(token, secret, old, configuration, client)
        session.console.print(comparison.lines(width: session.console.width))
        guard comparison.new.isKnown || comparison.new.isCanary else {
            throw refusal("the new secret has no good answer: \(comparison.new.answer)")
        }
        try confirm(comparison)
        do {
            try entry.replaceSecret(secret, at: path)
        } catch {
            throw refusal("\(error)".escapedForTerminal)
        }
        session.console.print("Replaced \(path.escapedForTerminal).")
        await pollNow(token, client)
        return ExitStatus.ok
    }

    private func refusal(_ reason: String) -> Failure {
        Failure("\(entry.id) was not rotated: \(reason)", status: ExitStatus.warning)
    }

    /// The file to replace; known before anyone types a secret.
    private func replaceablePath(
        of token: WatchedToken,
        _ configuration: Configuration
    ) throws(Failure) -> String {
        let file = configuration.files[Int(token.secretPlace.file)].escapedForTerminal
        switch token.secret {
        case .inline:
            throw refusal(
                "its secret is in \(file):\(token.secretPlace.line); "
                    + "replace it there, and run: tokenwatchd reload"
            )
        case .credential(let name):
            throw refusal(
                "its secret is the credential \(name.escapedForTerminal) of the service; replace "
                    + "what LoadCredential= names, and restart the service"
            )
        case .file(let path):
            if let reason = entry.reasonNotToReplace(path) { throw refusal(reason) }
            return path
        }
    }

    /// Polls both secrets.
    private func comparison(
        _ token: WatchedToken,
        _ secret: Secret,
        _ old: Secret?,
        _ configuration: Configuration,
        _ client: DaemonClient
    ) async throws -> RotationScreen {
        let poll = try OneTimePoll(
            configuration,
            session,
            daemon: OwnUse(client),
            countsAsUse: false
        )
        let answers = await poll.poll(
            ([secret] + (old.map { [$0] } ?? [])).map { secret in
                var token = token
                token.secret = .inline(secret)
                return token
            }
        )
        return RotationScreen(
            old: await seen(answers.dropFirst().first, client),
            new: RotationSide(answers[0], at: session.clock()),
            syntax: token.settings.permissionSyntax
        )
    }

    /// The facts about the old secret: from its answer now, or from the daemon's last good one.
    private func seen(
        _ result: OneTimePoll.Result?,
        _ client: DaemonClient
    ) async -> RotationSide {
        let answered = result.map { RotationSide($0, at: session.clock()) }
        if let answered, answered.isKnown { return answered }
        let report = try? await client.tokens([entry.id.text]).tokens.first
        return report.flatMap { RotationSide($0, at: session.clock()) } ?? answered
            ?? RotationSide()
    }

    private func confirm(_ comparison: RotationScreen) throws(Failure) {
        guard !arguments.has("anyway") else { return }
        guard !arguments.has("yes") else {
            guard comparison.isLess else { return }
            throw refusal(
                "the new secret covers less than the old one; to replace it anyway, use --anyway"
            )
        }
        switch SecretInput.confirms("Replace the secret of \(entry.id)?") {
        case true: return
        case false: throw refusal("aborted")
        case nil:
            let option = comparison.isLess ? "--anyway" : "--yes"
            throw refusal("no terminal to confirm at; use \(option), or a second input line y")
        }
    }

    /// Requests a poll: the daemon then uses the secret at once; a canary waits for its own poll.
    private func pollNow(_ token: WatchedToken, _ client: DaemonClient) async {
        guard !token.settings.isCanary else { return }
        do throws(Failure) {
            let path = "/v1/tokens/\(entry.id)/poll"
            let answer = try await client.askIfRunning(path, method: "POST", body: [])
            guard let answer else { return }
            _ = try answer.expected()
            session.console.print("The daemon polls it now. See: tokenwatchd status")
        } catch {
            session.console.print("The daemon uses it for its next poll.")
        }
    }
}
