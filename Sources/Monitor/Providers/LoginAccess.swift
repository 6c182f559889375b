package import Alerting
import Formats
package import HTTP

/// The login of a client for a token: the request, and the reading of its answer.
package struct LoginAccess: Sendable {
    /// The result of a login.
    package enum Outcome: Sendable {
        case granted(AccessToken)
        /// The login failed, with this verdict on the token.
        case failed(Observation.Answer)
    }

    let template: RequestTemplate
    private let reader: AnswerReader
    private let scanner: JSONScanner
    private let tokenPlace: String

    /// The lifetime, which RFC 6749 §5.1 recommends to report.
    private static let expiresIn = JSONPointer("/expires_in")

    init(
        _ login: ProfileLogin,
        base: BaseURL?,
        variables: [String: String]
    ) throws(RequestTemplate.Incomplete) {
        template = try RequestTemplate(login.profile, base: base, variables: variables)
        reader = AnswerReader(login.profile)
        let places = [login.token, Self.expiresIn].compactMap(\.self)
        scanner = JSONScanner(places.map { JSONWanted($0) })
        tokenPlace = login.token.text
    }

    /// Takes the answer to the login.
    ///
    /// - Parameters:
    ///   - result: the result of the call.
    ///   - secret: the secret that was sent.
    ///   - now: the time when the answer arrived.
    /// - Returns: the access token, or the poll's result without one.
    package func take(_ result: HTTPResult, secret: Secret, at now: Instant) -> Outcome {
        let answer = reader.judge(result, secret: secret, at: now)
        guard case .ok(let facts) = answer, !facts.saysExpired, case .answer(let response) = result
        else { return .failed(answer.inside("the login")) }
        let found = (try? scanner.scan(response.body.withoutByteOrderMark)) ?? []
        guard case .string(let text) = found.first,
            let token = try? Secret(validating: text.utf8)
        else {
            let kind = found.first?.kind ?? "nothing"
            return .failed(
                .malformed("the login: \(tokenPlace): expected an access token, found \(kind)")
            )
        }
        return .granted(AccessToken(secret: token, life: Self.life(found.last)))
    }

    private static func life(_ found: JSONFound?) -> Duration {
        let seconds: Int64? =
            switch found {
            case .integer(let number): number
            case .string(let text): Int64(text)
            default: nil
            }
        guard let seconds, seconds > 0 else { return .zero }
        return max(.zero, min(.seconds(seconds), AccessToken.longestLife) - AccessToken.margin)
    }
}

/// An access token with its lifetime.
package struct AccessToken: Sendable {
    package let secret: Secret
    /// The lifetime; with zero, it can only be used now.
    package let life: Duration

    /// The longest lifetime that is used: a later login notices a revoked client.
    static let longestLife: Duration = .hours(24)
    /// The margin of a lifetime: a token that expires sooner may expire during the request.
    static let margin: Duration = .minutes(1)
}

extension AnswerReader {
    /// Returns the meaning of a call's result.
    package func judge(_ result: HTTPResult, secret: Secret, at now: Instant) -> Observation.Answer
    {
        switch result {
        case .answer(let answer):
            read(
                status: answer.status,
                headers: answer.headers.judged,
                body: answer.body,
                secret: secret.reveal(),
                at: now
            )
        case .failure(let failure):
            switch failure.kind {
            case .tooLarge, .malformed, .refusedInput: .malformed(failure.message)
            // A connection that ends inside an answer is more often the network's fault than the
            // provider's, and a retry helps.
            case .dns, .connect, .tls, .timeout, .truncated, .proxy, .cancelled, .shortage,
                .other:
                .unreachable(failure.message)
            }
        }
    }
}

extension Observation.Answer {
    /// Returns the answer with the part of the poll that failed in its reason.
    func inside(_ part: String) -> Observation.Answer {
        switch self {
        case .ok: self
        case .rejected(let reason): .rejected("\(part): \(reason)")
        case .unreachable(let reason): .unreachable("\(part): \(reason)")
        case .serverError(let reason): .serverError("\(part): \(reason)")
        case .rateLimited(let reason): .rateLimited("\(part): \(reason)")
        case .malformed(let reason): .malformed("\(part): \(reason)")
        }
    }
}
