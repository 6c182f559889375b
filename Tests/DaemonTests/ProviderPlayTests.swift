import Alerting
import Formats
import Foundation
import HTTP
import Monitor
import Sandbox
import System
import Testing

/// The plays of all providers, compared with the sources.
private enum Plays {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/providers").path

    private static let loaded = Result { try ProviderPlays.load(folder) }

    static func all() throws -> [ProviderPlay] { try loaded.get() }

    static func named(_ name: String) throws -> ProviderPlay {
        try #require(try all().first { $0.provider == name }, "there is no play of \(name)")
    }
}

extension ProviderPlay.Judgement {
    /// The facts that a good answer has to give.
    fileprivate func facts(_ play: ProviderPlay, at now: Instant) throws -> Facts {
        func instant(_ text: String?) throws -> Instant? {
            try text.map { text in
                let filled = play.filled(text, at: now)
                return try #require(Instant(text: filled), "\(filled) is no time")
            }
        }
        return Facts(
            name: name,
            account: account,
            holder: accountName == nil && company == nil
                ? nil : AccountHolder(name: accountName, company: company),
            permissions: permissions.map { PermissionSet($0) },
            createdAt: try instant(created),
            expiry: expires == "never"
                ? .never : try instant(expires).map { .at($0) } ?? .notTold,
            lastUsedAt: try instant(lastUsed),
            saysExpired: saysExpired
        )
    }

    /// The state of a token that is polled once and gets this answer.
    fileprivate func state(_ play: ProviderPlay, at now: Instant) throws -> String {
        switch outcome {
        case .rejected: return "critical"
        case .malformed: return "warning"
        case .unreachable, .serverError, .rateLimited: return "unknown"
        case .ok:
            let facts = try facts(play, at: now)
            guard case .at(let end) = facts.expiry, !facts.saysExpired else {
                return facts.saysExpired ? "critical" : "ok"
            }
            if end <= now { return "critical" }
            return end - now > .days(30) ? "ok" : "warning"
        }
    }
}

@Suite struct ProviderPlayTests {
    /// The instant 2026-11-21T08:00:00Z.
    private let now = Instant(seconds: 1_795_248_000)

    @Test func `every built-in provider has a play, and every play a provider`() throws {
        let plays = try Plays.all()
        #expect(plays.map(\.provider).sorted() == BuiltinProviders.names.sorted())
        for provider in BuiltinProviders.all {
            let play = try Plays.named(provider.name)
            let names = Set(play.answers.map(\.name))
            #expect(names.contains("live"), "\(provider.name)")
            let tells = provider.profile.tells
            if case .claim? = provider.profile.facts.expires?.from, provider.profile.url != nil {
                // A play has one secret, and the expiry in it does not change.
            } else {
                #expect(names.contains("expiring") == tells.expiry, "\(provider.name)")
            }
            guard provider.profile.url != nil else { continue }
            #expect(
                names.isSuperset(of: [
                    "dead", "lock-out", "too-many", "bad-gateway", "login-page", "not-ok",
                ]),
                "\(provider.name)"
            )
        }
    }

    @Test(arguments: BuiltinProviders.names)
    func `every answer of a provider's play is understood as it has to be`(name: String) throws {
        let profile = try #require(BuiltinProviders.named(name)).profile
        let play = try Plays.named(name)
        for answer in play.answers {
            let token = play.token(of: answer, at: now)
            let (read, listing) = try read(answer, of: play, by: profile)
            let observation = Observation(
                askedAt: now,
                answeredAt: now,
                answer: read,
                secret: SecretDigest(high: 0, low: 0)
            )
            #expect(observation.outcome == answer.judged.outcome, "\(answer.name): \(read)")
            if let says = answer.judged.says {
                let error = observation.error ?? ""
                #expect(error.contains(says), "\(answer.name): \(error)")
            }
            #expect(observation.error?.contains(token) != true, "\(answer.name)")
            guard case .ok(let facts) = read else { continue }
            #expect(facts == (try answer.judged.facts(play, at: now)), "\(answer.name)")
            guard profile.list != nil, !facts.saysExpired else { continue }
            #expect(listing?.isWhole == true, "\(answer.name)")
            let rows = try (answer.judged.rows ?? []).map { row in
                ListedToken(id: row.id, facts: try row.judged.facts(play, at: now))
            }
            #expect(listing?.tokens == rows, "\(answer.name)")
        }
    }

    /// What a profile makes of an answer, and of the page after it.
    private func read(
        _ answer: ProviderPlay.Answer,
        of play: ProviderPlay,
        by profile: Profile
    ) throws -> (Observation.Answer, Listing?) {
        let token = play.token(of: answer, at: now)
        let variables = Dictionary(
            uniqueKeysWithValues: play.settings.map { ($0.name, $0.value) }
        )
        let reader = AnswerReader(profile, variables: variables)
        if answer.claims != nil { return (reader.read(secret: token, at: now), nil) }
        let headers = answer.headers.map { "\($0.name): \(play.filled($0.value, at: now))" }
        let saved = try saved(answer.status, headers, play.filled(answer.body, at: now))
        guard profile.list != nil else {
            let read = reader.read(
                status: saved.status,
                headers: { saved.headers[$0] },
                body: saved.body,
                secret: token,
                at: now
            )
            return (read, nil)
        }
        let secret = try Secret(validating: token.utf8)
        let access = try ProviderAccess(
            profile,
            base: try BaseURL("http://127.0.0.1:1"),
            variables: variables,
            secrets: Dictionary(
                uniqueKeysWithValues: profile.secrets.map { ($0, SecretSource.inline(secret)) }
            ),
            interval: .seconds(60)
        )
        let secrets = SecretReader(environment: [:], for: .service)
        let request = try #require(try access.request(secret: secret, secrets))
        #expect(request.url == "http://127.0.0.1:1\(play.path)")
        var reading = try #require(access.reading(request, secret: secret))
        var step = reading.take(saved.result, at: now)
        if case .request(let second) = step {
            let next = try #require(answer.next, "\(answer.name): \(second)")
            #expect(second.url == "http://127.0.0.1:1\(next.path)")
            step = reading.take(
                try self.saved(200, [], play.filled(next.body, at: now)).result,
                at: now
            )
        } else if let next = answer.next {
            Issue.record("\(answer.name): \(next.path) was not requested")
        }
        guard case .end(let end) = step else {
            Issue.record("\(answer.name) has a third page")
            return (.ok(Facts()), nil)
        }
        return (end.answer, end.listing)
    }

    private func saved(_ status: Int, _ headers: [String], _ body: String) throws -> SavedAnswer {
        let head = (["HTTP/1.1 \(status)"] + headers).map { $0 + "\r\n" }.joined()
        return try SavedAnswer(Array((head + "\r\n" + body).utf8))
    }

    @Test(arguments: BuiltinProviders.all)
    func `a provider says where it is documented, and what it does not see`(
        provider: BuiltinProvider
    ) throws {
        #expect(provider.profile.docs?.hasPrefix("https://") == true)
        let sentences = provider.profile.cannotSee
        let tells = provider.profile.list?.tells ?? provider.profile.tells
        #expect(sentences.allSatisfy { $0.hasSuffix(".") && $0.count > 20 })
        #expect(
            sentences.contains { $0.contains("last used: canary") }
                == !tells.lastUsed
        )
        #expect(sentences.contains { $0.contains("when a token expires") } == !tells.expiry)
    }

    @Test func `a play answers the documented request alone`() async throws {
        let server = SandboxServer(plays: try Plays.all())
        try await server.start()
        let path = "/play/vpsbg/live/v1/servers?per_page=1"
        let secret = try Plays.named("vpsbg").secret
        let right = try await server.exchange(path, "Bearer \(secret)")
        #expect(right.status == 200)
        #expect(try await server.exchange(path, "Bearer other").status == 400)
        #expect(try await server.exchange(path + "&page=2", "Bearer \(secret)").status == 400)
        #expect(try await server.exchange("/play/vpsbg/none/x", "Bearer \(secret)").status == 404)
        #expect(try await server.exchange("/play/none/live/x", "Bearer \(secret)").status == 404)
        await server.stop()
    }
}

extension SandboxServer {
    fileprivate func exchange(_ path: String, _ authorization: String) async throws -> RawAnswer {
        try await DaemonTests.exchange(
            port: port,
            "GET \(path) HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n"
                + "Authorization: \(authorization)\r\nConnection: close\r\n\r\n"
        )
    }
}

/// The built program against every play, over HTTP.
@Suite(.timeLimit(.minutes(2)))
struct ProviderPlayDaemonTests {
    private func id(_ play: ProviderPlay, _ answer: ProviderPlay.Answer) -> String {
        "\(play.provider).\(answer.name)"
    }

    private func settings(
        _ plays: [(ProviderPlay, ProviderPlay.Answer)],
        polling: String = Settings.busy
    ) -> Settings {
        var settings = Settings()
        settings.plays = plays.map(\.0)
        settings.polling = polling
        let now = SystemClock.now().instant
        settings.tokens = []
        for (play, answer) in plays {
            settings.more += """
                [tokens."\(id(play, answer))"]
                provider = "\(play.provider)"
                secret = "\(play.token(of: answer, at: now))"

                """
            if answer.claims == nil {
                let path = "/play/\(play.provider)/\(answer.name)"
                settings.more += "base_url = \"{sandbox}\(path)\"\n"
                if play.login != nil { settings.more += "login_url = \"{sandbox}\(path)\"\n" }
            }
            for setting in play.settings {
                settings.more += "\(setting.name) = \"\(setting.value)\"\n"
            }
        }
        return settings
    }

    @Test func `the program asks every provider as documented, and judges every answer`()
        async throws
    {
        let all = try Plays.all().flatMap { play in play.answers.map { (play, $0) } }
        let settings = settings(all)
        try await withDaemon(settings, starts: false) { daemon in
            let outcome = try await daemon.offline("poll", "--json")
            #expect(outcome.status == 2, "\(outcome.errors)")
            let tokens = try #require(
                try JSONValue(parsing: Array(outcome.output.utf8)).elements
            )
            #expect(tokens.count == all.count)
            let now = SystemClock.now().instant
            for (play, answer) in all {
                let name = id(play, answer)
                let token = try #require(tokens.first { $0["id"]?.string == name })
                let error = token["last_error"]?.string ?? ""
                #expect(
                    token["last_outcome"]?.string == answer.judged.outcome.rawValue,
                    "\(name): \(error)"
                )
                if let says = answer.judged.says {
                    #expect(error.contains(says), "\(name): \(error)")
                }
                let state = try answer.judged.state(play, at: now)
                #expect(token["state"]?.string == state, "\(name)")
            }
        }
    }

    @Test
    func `the secret in an answer of Vault, Nomad and Consul goes nowhere, nor does the asker's`()
        async throws
    {
        let pairs = try ["vault", "nomad", "consul", "rfc7662"].map { name in
            let play = try Plays.named(name)
            return (play, try #require(play.answer("expiring")))
        }
        let planted =
            pairs.map { $0.0.secret } + pairs.flatMap { $0.0.settings.map(\.value) }
            + ["czZCaGRSa3F0MzpnWDFmQmF0M2JW"]
        func leaks(_ bytes: Data) -> [String] {
            planted.filter { bytes.range(of: Data($0.utf8)) != nil }
        }
        var settings = settings(pairs)
        settings.daemon = #"log_level = "debug""#
        try await withDaemon(settings) { daemon in
            for (play, answer) in pairs {
                _ = try await daemon.told("raised", "expiring", of: id(play, answer))
            }
            for path in ["/v1/status", "/v1/tokens", "/v1/events"] {
                let answer = try await daemon.ask("GET", path)
                #expect(leaks(Data(answer.bytes)) == [], "\(path)")
            }
            #expect(leaks(Data(daemon.log.all.joined().utf8)) == [])
            try await daemon.end()
            #expect(leaks(Data(daemon.errors.utf8)) == [], "\(daemon.errors)")
            for file in try FileManager.default.contentsOfDirectory(atPath: daemon.state) {
                let bytes = try Data(contentsOf: URL(filePath: "\(daemon.state)/\(file)"))
                #expect(leaks(bytes) == [], "\(file)")
            }
        }
    }

    @Test func `a secret of another kind is not sent, and the alert says where it belongs`()
        async throws
    {
        let play = try Plays.named("cloudflare")
        var settings = settings([(play, try #require(play.answer("live")))])
        settings.more = settings.more.replacing(play.secret, with: "cfat_0123456789")
        try await withDaemon(settings) { daemon in
            let event = try await daemon.told("raised", "no_secret", of: "cloudflare.live")
            #expect(event.summary.contains("cfat_"), "\(event.summary)")
            #expect(event.summary.contains("cloudflare-account"), "\(event.summary)")
            #expect(!event.summary.contains("0123456789"), "\(event.summary)")
        }
    }

    @Test func `a remaining time in seconds is no change at every poll`() async throws {
        let play = try Plays.named("digitalocean")
        let answer = try #require(play.answer("expiring"))
        try await withDaemon(settings([(play, answer)])) { daemon in
            let name = id(play, answer)
            _ = try await daemon.told("raised", "expiring", of: name)
            // Its answers say the same seconds for ever, so that the end moves with the clock, by a
            // second a poll.
            try await daemon.untilPolled(4)
            let history = try await daemon.ask("GET", "/v1/tokens/\(name)/history")
            #expect(!history.text.contains("expiry_changed"), "\(history.text)")
        }
    }
}
