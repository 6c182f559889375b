import Alerting
import HTTP
import Monitor

/// Tries a profile on a saved answer, without any request or announcement.
struct TriedProfile {
    let profile: Profile
    let answer: Observation.Answer
    /// The tokens in the answer, if the profile lists some.
    let listing: Listing?

    /// - Parameters:
    ///   - profilePath: a file with one profile.
    ///   - answerPath: an answer; for a profile without a request, the token itself.
    ///   - now: the instant of the answer.
    /// - Throws: the error of a file that cannot be read, or all errors of the profile.
    init(_ profilePath: String, answer answerPath: String, at now: Instant) throws(Failure) {
        let text = try InputFile.contents(of: profilePath, failing: ExitStatus.configuration)
        do {
            profile = try ProfileFile.profile(text, file: profilePath)
        } catch {
            throw Failure(error)
        }
        let bytes = try InputFile.contents(of: answerPath, failing: ExitStatus.unknown)
        let shown = answerPath.escapedForTerminal
        let reader = AnswerReader(profile)
        guard profile.url != nil else {
            listing = nil
            do throws(SecretProblem) {
                answer = reader.read(secret: try Secret(validating: bytes).reveal(), at: now)
            } catch {
                throw Failure("\(shown) \(error); \(profile.name) asks nothing: it is the token")
            }
            return
        }
        do throws(SavedAnswer.Unreadable) {
            let saved = try SavedAnswer(bytes)
            if profile.list != nil, let page = Self.page(saved, of: profile, at: now) {
                answer = page.answer
                listing = page.listing
                return
            }
            listing = nil
            answer = reader.read(
                status: saved.status,
                headers: saved.headers.judged,
                body: saved.body,
                // No request used a secret.
                secret: "",
                at: now
            )
        } catch {
            throw Failure("\(shown) \(error)")
        }
    }

    /// Returns a list with a saved answer as its only page.
    private static func page(
        _ saved: SavedAnswer,
        of profile: Profile,
        at now: Instant
    ) -> ListEnd? {
        // Nothing is requested, so any base, secret and variables will do.
        guard let base = profile.base ?? (try? BaseURL("https://example.com")),
            let secret = try? Secret(validating: "a secret of nobody".utf8),
            let access = try? ProviderAccess(
                profile,
                base: base,
                variables: Dictionary(uniqueKeysWithValues: profile.variables.map { ($0, "x") }),
                secrets: Dictionary(
                    uniqueKeysWithValues: profile.secrets.map { ($0, SecretSource.inline(secret)) }
                ),
                interval: .seconds(60)
            ),
            let request = try? access.request(
                secret: secret,
                SecretReader(environment: [:], for: .service)
            ),
            var reading = access.reading(request, secret: secret)
        else { return nil }
        switch reading.take(saved.result, at: now) {
        case .end(let end): return end
        case .request: return ListEnd(answer: .ok(Facts()), listing: reading.firstPage)
        }
    }

    /// Returns the result of a poll with this answer, for a new token.
    func result(at now: Instant) -> OneTimePoll.Result {
        let id = TokenID(profile.name) ?? TokenID("profile")
        guard let id else { preconditionFailure("profile is a token's id") }
        let settings = TokenSettings(
            id: id,
            provider: TokenProvider(
                name: profile.name,
                host: profile.base?.authority ?? "its provider",
                permissionSyntax: profile.permissionSyntax
            ),
            policy: Policy(channels: [])
        )
        let observation = Observation(
            askedAt: now,
            answeredAt: now,
            answer: answer,
            secret: SecretDigest(high: 0, low: 0)
        )
        let occasion = Occasion.observed(observation, askedWith: 0)
        return OneTimePoll.Result(
            settings: settings,
            state: Engine.firstLook(at: settings, occasion, now: now),
            source: "a saved answer; no request",
            notSeen: profile.cannotSee,
            listing: listing
        )
    }
}
