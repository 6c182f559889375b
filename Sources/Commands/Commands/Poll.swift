import Alerting
import HTTP
import Monitor
import Store
import System

extension Command {
    static let poll = Command(
        "poll",
        "poll once and show the result; stores and sends nothing",
        operands: .any("ID"),
        options: [
            .config, .socket,
            Option("counts-as-use", help: "poll canaries too: this counts as use"), .json,
            Option(
                "profile",
                "FILE",
                help: "try this profile on a saved answer, without a request"
            ),
            Option("answer", "FILE", help: "the answer, as curl -i saves it, or its body alone"),
        ],
        notes: [
            "It polls the providers itself, and shows the alerts that the daemon would raise for a "
                + "new token. It needs no daemon. It informs a running one, so that the daemon does not "
                + "take the poll for use elsewhere; this needs root or the daemon's user.",
            "It polls a canary only with --counts-as-use, and only if it can inform a running "
                + "daemon. A daemon that starts later takes the poll for use elsewhere.",
            "With --profile and --answer it needs no network, no configuration and no secret: it "
                + "shows how one [providers.NAME] reads one answer. For a profile without a request, "
                + "--answer is the token itself.",
        ],
        exitStatuses: ExitStatus.ofTokens + [
            (ExitStatus.configuration, "the configuration is wrong")
        ]
    ) { arguments, session in
        let results = try await results(arguments, session)
        session.console.complain(doubts(of: results))
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

    /// What a daemon may think of polls that it was not told of.
    private static func doubts(of results: [OneTimePoll.Result]) -> [String] {
        let reasons = Set(
            results.compactMap { result in
                if case .untold(let reason) = result.telling { reason } else { nil }
            }
        )
        let canaries = results.filter { $0.telling == .noDaemon && $0.settings.isCanary }
            .map(\.settings.id.text)
        return reasons.sorted().map {
            "tokenwatchd: the daemon may take this for use elsewhere, because it cannot be informed: \($0)"
        }
            + (canaries.isEmpty
                ? []
                : [
                    "tokenwatchd: the daemon is not running; when it starts, it will take this "
                        + "for use elsewhere of \(canaries.listed())"
                ])
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
        let client = try DaemonClient(
            socketPath: arguments["socket"] ?? configuration.daemon.socketPath,
            configuration: arguments["config"]
        )
        let poll = try OneTimePoll(
            configuration,
            session,
            daemon: OwnUse(client),
            countsAsUse: arguments.has("counts-as-use")
        )
        return await poll.poll(tokens)
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
        var state: TokenState
        /// Where the answer is from, in words: `asked at HOST`.
        var source: String
        /// What cannot be seen by the profile, a sentence each; empty where nobody tries one.
        var notSeen: [String] = []
        /// Whether the daemon knows of the poll; nil where nothing was asked.
        var telling: OwnUse.Outcome?
        /// Why it was not polled; nil where it was.
        var notPolled: String?
        /// The tokens that it listed, if its provider lists some.
        var listing: Listing?
    }

    private let polling: PollingSettings
    private let client: HTTPClient
    private let secrets: SecretReader
    private let clock: @Sendable () -> Instant
    private let daemon: OwnUse
    private let countsAsUse: Bool

    /// - Parameters:
    ///   - configuration: what is polled, and how.
    ///   - session: whose clock and environment are used.
    ///   - daemon: gets an announcement of each poll before it begins.
    ///   - countsAsUse: whether canaries may be polled.
    /// - Throws: `CertificateBundleError` where `ca_file` cannot be used.
    init(
        _ configuration: Configuration,
        _ session: Session,
        daemon: OwnUse,
        countsAsUse: Bool
    ) throws {
        self.daemon = daemon
        self.countsAsUse = countsAsUse
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
        let settings = token.settings
        if settings.isCanary, !countsAsUse {
            return Result(
                settings: settings,
                state: TokenState(),
                source: "not asked",
                notPolled:
                    "it is a canary, and a poll counts as use; to poll it, use --counts-as-use"
            )
        }
        let secret: Secret
        let request: ProviderRequest?
        do {
            secret = try secrets.read(token.secret).secret
            request = try token.access.request(secret: secret, secrets)
        } catch {
            return result(token, .noSecret("\(error)"))
        }
        var telling: OwnUse.Outcome?
        if token.access.template != nil {
            let longest = token.access.profile.list == nil ? polling.timeout : .minutes(10)
            let outcome = await daemon.tell(settings.id, for: longest)
            if settings.isCanary, case .untold(let reason) = outcome {
                return Result(
                    settings: settings,
                    state: TokenState(),
                    source: "not asked",
                    notPolled:
                        "it is a canary, and the daemon cannot be informed of the poll: \(reason)"
                )
            }
            telling = outcome
        }
        let askedAt = clock()
        let answer: Observation.Answer
        var listing: Listing?
        if let request {
            let end = await ask(token, request, secret)
            answer = end.answer
            listing = end.listing
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
        var result = result(token, .observed(observation, askedWith: token.settings.askedWith))
        result.telling = telling
        result.listing = listing
        return result
    }

    /// Follows the pages of a list; a profile without one has a single answer.
    private func ask(
        _ token: WatchedToken,
        _ request: ProviderRequest,
        _ secret: Secret
    ) async -> ListEnd {
        var request = request
        var reading = token.access.reading(request, secret: secret)
        while true {
            let call = token.access.call(request, timeout: polling.timeout)
            let result = await client.perform(call)
            guard let step = reading?.take(result, at: clock()) else {
                let answer = token.access.judge(result, secret: secret, at: clock())
                return ListEnd(answer: answer, listing: nil)
            }
            switch step {
            case .end(let end): return end
            case .request(let next): request = next
            }
        }
    }

    private func result(_ token: WatchedToken, _ occasion: Occasion) -> Result {
        Result(
            settings: token.settings,
            state: Engine.firstLook(at: token.settings, occasion, now: clock()),
            source: token.settings.whereAsked
        )
    }
}

extension TokenSettings {
    /// `asked at HOST`.
    var whereAsked: String { isAsked ? "polled at \(host)" : "no request" }
}
