package import Alerting
import Formats
import HTTP
import Store

/// Reads a provider's answers by its profile; one reader serves every poll.
///
/// Its messages contain only kinds, lengths, and the numbers and booleans that the profile compares
/// with: some providers put the secret into their answers.
package struct AnswerReader: Sendable {
    package let profile: Profile
    private let wants: Wants
    private let scanner: JSONScanner
    private let claimScanner: JSONScanner
    private let finder: RowFinder?
    private let factReader: FactReader
    let limitedIf: [PlacedMatch]
    private let deadIf: [PlacedMatch]
    let expiredIf: [PlacedMatch]
    let liveIf: [[PlacedMatch]]

    /// - Parameters:
    ///   - profile: the profile of the provider.
    ///   - variables: the token's values for the profile's variables.
    package init(_ profile: Profile, variables: [String: String] = [:]) {
        self.profile = profile
        finder = profile.row.map { RowFinder($0, variables: variables) }
        var wants = Wants()
        factReader = FactReader(profile.facts, wants: &wants)
        limitedIf = wants.places(profile.limitedIf)
        deadIf = wants.places(profile.deadIf)
        expiredIf = wants.places(profile.expiredIf)
        liveIf = profile.liveIf.map { wants.places($0) }
        self.wants = wants
        scanner = JSONScanner(wants.body)
        claimScanner = JSONScanner(wants.claims)
    }

    /// Whether the profile reads the body, which then must be JSON.
    var answersJSON: Bool { !wants.body.isEmpty || finder != nil || profile.list != nil }

    /// Judges an answer.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - headers: the value of a header by its name, in any letter case.
    ///   - body: the body of the answer, of any type.
    ///   - secret: the token's secret; an answer that repeats it in a field is malformed.
    ///   - now: the time when the answer arrived.
    /// - Returns: facts, a rejection, or the reason for having neither; never `unreachable`.
    package func read(
        status: Int,
        headers: (String) -> String?,
        body: [UInt8],
        secret: String,
        at now: Instant
    ) -> Observation.Answer {
        var evidence = Evidence(secret: secret, now: now)
        let body = body.withoutByteOrderMark
        var object = Result<[UInt8], Unreadable>.success(body)
        // An error has no list, so places refer to the whole body.
        if let finder, profile.liveStatus.contains(status) {
            object = finder.find(in: body, secret: secret)
        }
        let problem = scan((try? object.get()) ?? Array("{}".utf8), into: &evidence)
        evidence.headers = wants.headers.map { name in
            headers(name).map { .string($0) } ?? .absent
        }
        readClaims(into: &evidence)
        if evidence.hit(expiredIf) != nil {
            return .ok(factReader.partialFacts(evidence))
        }
        if let match = evidence.hit(deadIf) {
            return .rejected("\(StatusText.of(status)) with \(match)")
        }
        if let answer = told(status, headers, body, evidence, now) { return answer }
        if profile.deadStatus.contains(status) {
            if let text = verdict(of: profile.deadText, body) {
                return .rejected("\(StatusText.of(status)) with \(text)")
            }
            // An exhausted quota is no verdict, with any status.
            if profile.deadText.isEmpty,
                !RequestedPause.isQuotaUsedUp(status: status, headers: headers)
            {
                let stranger = stranger(status, headers, body)
                return stranger.map(Observation.Answer.malformed)
                    ?? .rejected(StatusText.of(status))
            }
        }
        guard profile.liveStatus.contains(status) else { return otherStatus(status, headers, now) }
        if let problem, answersJSON || status == 200 {
            return .malformed(Self.words(for: problem, body, headers("Content-Type")))
        }
        if case .failure(let missing) = object { return .malformed(missing.message) }
        do {
            try live(evidence)
        } catch {
            // Some providers send their errors with 200.
            return note(of: profile.expiredText, body) == nil
                ? .malformed(error.message) : .ok(Facts(saysExpired: true))
        }
        return facts(evidence)
    }

    /// Reads the secret itself, for a profile that sends no request.
    package func read(secret: String, at now: Instant) -> Observation.Answer {
        var evidence = Evidence(secret: secret, now: now)
        readClaims(into: &evidence)
        return facts(evidence)
    }

    private func facts(_ evidence: Evidence) -> Observation.Answer {
        do {
            return .ok(try factReader.facts(evidence))
        } catch {
            return .malformed(error.message)
        }
    }

    private func scan(_ bytes: [UInt8], into evidence: inout Evidence) -> JSONError? {
        do {
            evidence.body = try scanner.scan(bytes)
            return nil
        } catch {
            evidence.body = Array(repeating: .absent, count: wants.body.count)
            return error
        }
    }

    private func readClaims(into evidence: inout Evidence) {
        guard !wants.claims.isEmpty else { return }
        guard let payload = JWT.payload(of: evidence.secret) else {
            evidence.claims = .failure(Unreadable("the secret is not a JWT"))
            return
        }
        do {
            evidence.claims = .success(try claimScanner.scan(payload))
        } catch {
            evidence.claims = .failure(
                Unreadable("the secret is a JWT whose payload is not JSON: \(error)")
            )
        }
    }
}

extension [UInt8] {
    /// The body without the byte order mark that some servers send (RFC 8259 §8.1).
    var withoutByteOrderMark: [UInt8] {
        starts(with: [0xef, 0xbb, 0xbf]) ? Array(dropFirst(3)) : self
    }
}
