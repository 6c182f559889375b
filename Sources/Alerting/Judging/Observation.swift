/// The time at which a token expires, as far as the provider reports it.
package enum Expiry: Hashable, Sendable {
    /// The token expires at this instant.
    case at(Instant)
    /// The provider reports that the token has no expiry.
    case never
    /// The provider does not report the expiry.
    case notTold
}

/// The facts of a good answer about a token; nil means "not reported" throughout.
package struct Facts: Hashable, Sendable {
    package var name: String?
    /// The account it belongs to, usually an email address.
    package var account: String?
    package var permissions: PermissionSet?
    var boxedHolder: Boxed<AccountHolder>?
    @Compact package var createdAt: Instant?
    @Compact package var lastUsedAt: Instant?
    package var expiry: Expiry
    /// Whether the provider reports explicitly that the token has expired.
    package var saysExpired: Bool

    package init(
        name: String? = nil,
        account: String? = nil,
        holder: AccountHolder? = nil,
        permissions: PermissionSet? = nil,
        createdAt: Instant? = nil,
        expiry: Expiry = .notTold,
        lastUsedAt: Instant? = nil,
        saysExpired: Bool = false
    ) {
        self.name = name
        self.account = account
        boxedHolder = holder.map(Boxed.value)
        self.permissions = permissions
        self.createdAt = createdAt
        self.expiry = expiry
        self.lastUsedAt = lastUsedAt
        self.saysExpired = saysExpired
    }
}

extension Facts {
    /// Returns the same facts, with unchanged texts in the memory of the old ones.
    ///
    /// Otherwise every sweep would give 100,000 tokens new texts, and leave holes in place of the
    /// old ones.
    func keepingStorage(of old: Facts?) -> Facts {
        guard let old else { return self }
        var facts = self
        if old.name == name { facts.name = old.name }
        if old.account == account { facts.account = old.account }
        if old.boxedHolder == boxedHolder { facts.boxedHolder = old.boxedHolder }
        if old.permissions == permissions { facts.permissions = old.permissions }
        return facts
    }
}

/// The smallest difference that counts as a move of the expiry.
///
/// An expiry counted from the answer on varies with the time that the answer takes, and replicas
/// round differently.
package let expiryTolerance: Duration = .minutes(2)

/// The number of moves of an expiry in a row, each to a later instant, that make it rolling.
package let movesOfRolling = 3

extension Expiry {
    /// Whether two expiries are the same within the tolerance.
    func isSame(as other: Expiry) -> Bool {
        guard case .at(let left) = self, case .at(let right) = other else { return self == other }
        return left - right < expiryTolerance && right - left < expiryTolerance
    }
}

extension Facts {
    /// Returns the same facts; an expiry that is the same as a known one keeps its instant.
    ///
    /// The expiry is compared with the first one seen, never with the last, so that it cannot
    /// drift.
    func pinned(to settled: Expiry?) -> Facts {
        guard let settled, expiry.isSame(as: settled) else { return self }
        var facts = self
        facts.expiry = settled
        return facts
    }
}

/// The result of one poll, in the word that JSON and metrics use.
package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case ok
    case rejected
    case unreachable
    case serverError = "server_error"
    case rateLimited = "rate_limited"
    case malformed

    /// Whether it reports something about the token, or at least that the host itself answers.
    ///
    /// These outcomes end `unreachable`.
    package var isVerdict: Bool {
        switch self {
        case .ok, .rejected, .malformed: true
        case .unreachable, .serverError, .rateLimited: false
        }
    }
}

/// The identity of a secret without the secret: a keyed digest, 16 bytes.
package struct SecretDigest: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// The result of one poll; a failed poll is an observation, too.
package struct Observation: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        case ok(Facts)
        /// The provider rejects the token, with this status or text.
        case rejected(String)
        /// The poll got no answer, for this reason, in one line for an operator.
        case unreachable(String)
        case serverError(String)
        case rateLimited(String)
        /// The answer differs in this way from the provider's documentation.
        case malformed(String)

        /// The facts of a good answer.
        package var facts: Facts? {
            if case .ok(let facts) = self { facts } else { nil }
        }

        /// The reason why it is not a good answer; nil for a good one.
        package var error: String? {
            switch self {
            case .ok: nil
            case .rejected(let text), .unreachable(let text), .serverError(let text),
                .rateLimited(let text), .malformed(let text):
                text
            }
        }
    }

    /// The time at which the request began.
    package var askedAt: Instant
    /// The time at which the answer or the failure arrived.
    package var answeredAt: Instant
    package var answer: Answer
    /// The secret of the request.
    package var secret: SecretDigest
    /// The `Date` header of the answer.
    package var serverDate: Instant?

    package init(
        askedAt: Instant,
        answeredAt: Instant,
        answer: Answer,
        secret: SecretDigest,
        serverDate: Instant? = nil
    ) {
        self.askedAt = askedAt
        self.answeredAt = answeredAt
        self.answer = answer
        self.secret = secret
        self.serverDate = serverDate
    }

    package var outcome: Outcome {
        switch answer {
        case .ok: .ok
        case .rejected: .rejected
        case .unreachable: .unreachable
        case .serverError: .serverError
        case .rateLimited: .rateLimited
        case .malformed: .malformed
        }
    }

    /// The reason why it is not a good answer; nil for a good one.
    package var error: String? { answer.error }
}
