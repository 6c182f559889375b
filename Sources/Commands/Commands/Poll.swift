import Alerting
import Monitor

extension Command {
    static let poll = Command(
        "poll",
        "poll once, store and send nothing, and show what was seen",
        operands: .any("ID"),
        options: [
            .config, .json,
            Option("profile", "FILE", help: "try this profile on a saved answer; asks nobody"),
            Option("answer", "FILE", help: "the answer, as curl -i saves it, or its body alone"),
        ],
        notes: [
            "Asks the providers itself: no daemon is needed, and a daemon that runs does not hear "
                + "of it. Shows what the daemon would warn of, had it never seen the token before.",
            "With --profile and --answer it needs no network, no configuration and no secret: it "
                + "shows how one [providers.NAME] understands one answer. Of a profile that asks "
                + "nobody, --answer holds the token itself.",
        ],
        exitStatuses: ExitStatus.ofTokens + [
            (ExitStatus.configuration, "the configuration is wrong")
        ]
    ) { arguments, session in
        let results = try await results(arguments, session)
        let now = session.clock()
        if arguments.has("json") {
            session.console.print(json: PollScreen.json(results, at: now))
        } else {
            session.console.print(
                PollScreen.lines(
                    results,
                    at: now,
                    width: session.console.width,
                    hasColour: session.console.hasColour
                )
            )
        }
        return TokenHealth.worst(results.map(\.state.health))?.exitStatus ?? ExitStatus.unknown
    }

    private static func results(
        _ arguments: Arguments,
        _ session: Session
    ) async throws -> [OneTimePoll.Result] {
        let profile = arguments["profile"]
        let answer = arguments["answer"]
        guard profile == nil, answer == nil else {
            guard let profile, let answer, arguments.operands.isEmpty, arguments["config"] == nil
            else {
                throw UsageError(
                    "--profile and --answer go together, without --config and without tokens",
                    command: "poll"
                )
            }
            let now = session.clock()
            return [try TriedProfile(profile, answer: answer, at: now).result(at: now)]
        }
        let configuration = try session.usableConfiguration(arguments["config"])
        let tokens = try chosen(arguments.operands, of: configuration.tokens)
        return try await OneTimePoll(configuration, session).poll(tokens)
    }

    private static func chosen(
        _ ids: [String],
        of tokens: [WatchedToken]
    ) throws(Failure) -> [WatchedToken] {
        guard !ids.isEmpty else { return tokens }
        let byID = Dictionary(
            tokens.map { ($0.settings.id.text, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var chosen: [WatchedToken] = []
        for id in ids {
            guard let token = byID[id] else {
                throw Failure.unknownToken(id, known: tokens.map(\.settings.id.text))
            }
            chosen.append(token)
        }
        return chosen
    }
}

/// Polls tokens once, each as if it had never been seen.
struct OneTimePoll {
    /// What one poll came to.
    struct Result {
        let settings: TokenSettings
        let state: TokenState
        /// Where the answer is from, in words: `asked at HOST`.
        let source: String
        /// What cannot be seen by the profile, a sentence each; empty where nobody tries one.
        var notSeen: [String] = []
    }

    private let polling: PollingSettings
    private let client: HTTPClient
    private let secrets: SecretReader
    private let clock: @Sendable () -> Instant

    init(_ configuration: Configuration, _ session: Session) throws {
        polling = configuration.polling
        client = try HTTPClient(
            settings: HTTPClientSettings(
                proxy: polling.proxy,
                caFile: polling.caFile,
                perHostConnections: polling.perHost,
                totalConnections: polling.concurrency,
                userAgent: "tokenwatchd/\(Version.number)"
            ),
            executor: QueueExecutor(label: "tokenwatchd.poll")
        )
        secrets = SecretReader(environment: session.environment, for: .service)
        clock = session.clock
    }

    /// In the order of the tokens; as many at once as the configuration allows.
    func poll(_ tokens: [WatchedToken]) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: tokens.count)
            var next = 0
            func startNext() {
                guard next < tokens.count else { return }
                let index = next
                next += 1
                group.addTask { (index, await poll(tokens[index])) }
            }
            for _ in 0..<max(1, polling.concurrency) { startNext() }
            for await (index, result) in group {
                results[index] = result
                startNext()
            }
            return results.compactMap(\.self)
        }
    }

    private func poll(_ token: WatchedToken) async -> Result {
        let secret: Secret
        let request: ProviderRequest?
        do {
            secret = try secrets.read(token.secret).secret
            request = try token.access.request(secret: secret, secrets)
        } catch {
            return result(token, .noSecret("\(error)"))
        }
        let askedAt = clock()
        let answer: Observation.Answer
        if let request {
            let call = HTTPCall(
                url: request.url,
                method: request.method,
                headers: request.headers,
                body: request.body,
                connectTimeout: min(.seconds(10), polling.timeout),
                timeout: polling.timeout
            )
            let outcome = await client.perform(call)
            answer = token.access.judge(outcome, secret: secret, at: clock())
        } else {
            answer = token.access.reader.read(secret: secret.reveal(), at: clock())
        }
        let observation = Observation(
            askedAt: askedAt,
            answeredAt: clock(),
            answer: answer,
            // Nothing is compared with it: the token was never seen before.
            secret: SecretDigest(high: 0, low: 0)
        )
        return result(token, .observed(observation, askedWith: token.access.askedWith))
    }

    private func result(_ token: WatchedToken, _ occasion: Occasion) -> Result {
        var ids = EventIDs(seed: 0)
        let evaluation = evaluate(
            TokenState(),
            occasion,
            token.settings,
            at: clock(),
            ids: &ids
        )
        return Result(
            settings: token.settings,
            state: evaluation.state,
            source: "asked at \(token.settings.host)"
        )
    }
}
