import Alerting
import HTTP
import Monitor
import Store
import System

/// Polls tokens once, each as a new token.
struct OneTimePoll {
    /// The result of one poll.
    struct Result {
        let settings: TokenSettings
        var state: TokenState
        /// The source of the answer, in words: `polled at HOST`.
        var source: String
        /// The facts that the profile does not report, in sentences; empty if none is tried.
        var notSeen: [String] = []
        /// The announcement of the poll to the daemon; nil if there was no poll.
        var telling: OwnUse.Outcome?
        /// The reason why the token was not polled; nil if it was.
        var notPolled: String?
        /// The tokens of the list, if the provider lists some.
        var listing: Listing?

        static func notPolled(
            _ settings: TokenSettings,
            _ reason: String,
            source: String = "not asked"
        ) -> Result {
            Result(settings: settings, state: TokenState(), source: source, notPolled: reason)
        }
    }

    private let polling: PollingSettings
    private let client: HTTPClient
    private let secrets: SecretReader
    private let clock: @Sendable () -> Instant
    private let daemon: OwnUse
    private let countsAsUse: Bool

    /// - Parameters:
    ///   - configuration: the tokens and the settings of polls.
    ///   - session: the clock and the environment.
    ///   - daemon: gets an announcement of each poll before it begins.
    ///   - countsAsUse: whether canaries may be polled.
    /// - Throws: `CertificateBundleError` if `ca_file` cannot be used.
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

    /// Polls tokens, as many at once as the configuration allows; returns results in their order.
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
            return .notPolled(
                settings,
                "it is a canary, and a poll counts as use; to poll it, use --counts-as-use"
            )
        }
        let secret: Secret
        let request: ProviderRequest?
        do throws(SecretFileError) {
            secret = try secrets.read(token.secret).secret
            if let login = try token.access.loginRequest(secret: secret, secrets) {
                request = login
            } else {
                request = try token.access.request(secret: secret, secrets)
            }
        } catch {
            return result(token, without: error)
        }
        var telling: OwnUse.Outcome?
        if token.access.template != nil {
            let longest = token.access.profile.list == nil ? polling.timeout : .minutes(10)
            let outcome = await daemon.tell(settings.id, for: longest)
            if settings.isCanary, case .untold(let reason) = outcome {
                return .notPolled(
                    settings,
                    "it is a canary, and the daemon cannot be informed of the poll: \(reason)"
                )
            }
            telling = outcome
        }
        let askedAt = clock()
        let answer: Observation.Answer
        var listing: Listing?
        if let request {
            do throws(SecretFileError) {
                let end = try await ask(token, request, secret)
                answer = end.answer
                listing = end.listing
            } catch {
                return result(token, without: error)
            }
        } else {
            answer = token.access.reader.read(secret: secret.reveal(), at: clock())
        }
        let observation = Observation(
            askedAt: askedAt,
            answeredAt: clock(),
            answer: answer,
            // Nothing is compared with this digest: the token is new.
            secret: SecretDigest(high: 0, low: 0)
        )
        var result = result(token, .observed(observation, askedWith: token.settings.askedWith))
        result.telling = telling
        result.listing = listing
        return result
    }

    /// Logs in if the provider requires it, and follows the pages of a list.
    private func ask(
        _ token: WatchedToken,
        _ request: ProviderRequest,
        _ secret: Secret
    ) async throws(SecretFileError) -> ListEnd {
        var request = request
        if let login = token.access.login {
            let result = await client.perform(token.access.call(request, timeout: polling.timeout))
            switch login.take(result, secret: secret, at: clock()) {
            case .failed(let answer): return ListEnd(answer: answer, listing: nil)
            case .granted(let granted):
                let next = try token.access.request(
                    secret: secret,
                    secrets,
                    accessToken: granted.secret
                )
                guard let next else { return ListEnd(answer: .ok(Facts()), listing: nil) }
                request = next
            }
        }
        var reading = token.access.reading(request, secret: secret)
        while true {
            let call = token.access.call(request, timeout: polling.timeout)
            let result = await client.perform(call)
            guard let step = reading?.take(result, at: clock()) else {
                let answer = token.access.reader.judge(result, secret: secret, at: clock())
                return ListEnd(answer: answer, listing: nil)
            }
            switch step {
            case .end(let end): return end
            case .request(let next): request = next
            }
        }
    }

    /// The result without a usable secret.
    ///
    /// A file that only this user cannot read says nothing about the token.
    private func result(_ token: WatchedToken, without error: SecretFileError) -> Result {
        guard error.isForbidden else { return result(token, .noSecret("\(error)")) }
        return .notPolled(token.settings, "\(error)")
    }

    private func result(_ token: WatchedToken, _ occasion: Occasion) -> Result {
        Result(
            settings: token.settings,
            state: Engine.firstLook(at: token.settings, occasion, now: clock()),
            source: token.settings.whereAsked
        )
    }
}

extension OneTimePoll.Result {
    /// Returns the result of a poll of an inventory for one token of its list.
    func showing(_ id: TokenID, of inventory: Inventory, at now: Instant) -> OneTimePoll.Result {
        let settings = inventory.settings(of: id)
        let listed = listing?.tokens.first { TokenID(inventory.id, row: $0.id) == id }
        guard let listed else {
            let problem = notPolled ?? state.secretProblem ?? state.lastError
            return .notPolled(
                settings,
                problem.map { "the list of \(inventory.id) could not be read: \($0)" }
                    ?? "the list of \(inventory.id) does not have it",
                source: source
            )
        }
        return OneTimePoll.Result(
            settings: settings,
            state: Engine.firstLook(at: settings, .listed(listed.facts), now: now),
            source: "listed by \(inventory.id)"
        )
    }
}

extension TokenSettings {
    /// The source of the answer: `polled at HOST`.
    var whereAsked: String { isAsked ? "polled at \(host)" : "no request" }
}
