import Alerting
import Monitor

/// Tries a profile on a saved answer: nothing is asked, and nobody is told.
struct TriedProfile {
    let profile: Profile
    let answer: Observation.Answer

    /// - Parameters:
    ///   - profilePath: a file with one profile.
    ///   - answerPath: an answer; of a profile that asks nothing, the token itself.
    ///   - now: the instant of the answer.
    /// - Throws: that a file cannot be read, or everything that is wrong with the profile.
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
            do throws(SecretProblem) {
                answer = reader.read(secret: try Secret(validating: bytes).reveal(), at: now)
            } catch {
                throw Failure("\(shown) \(error); \(profile.name) asks nothing: it is the token")
            }
            return
        }
        do throws(SavedAnswer.Unreadable) {
            let saved = try SavedAnswer(bytes)
            answer = reader.read(
                status: saved.status,
                headers: { saved.headers[$0] },
                body: saved.body,
                // Nobody was asked with one.
                secret: "",
                at: now
            )
        } catch {
            throw Failure("\(shown) \(error)")
        }
    }

    /// What one poll with this answer would come to, of a token that was never seen before.
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
        var ids = EventIDs(seed: 0)
        let evaluation = evaluate(
            TokenState(),
            .observed(observation, askedWith: 0),
            settings,
            at: now,
            ids: &ids
        )
        return OneTimePoll.Result(
            settings: settings,
            state: evaluation.state,
            source: "a saved answer, nobody was asked",
            notSeen: profile.cannotSee
        )
    }
}
