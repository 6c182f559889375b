/// When a token expires, as far as the provider reports it.
package enum Expiry: Hashable, Sendable {
    /// It ends at this instant.
    case at(Instant)
    /// The provider says that it has no end.
    case never
    /// The provider does not report it.
    case notTold
}

/// What a good answer says of a token; nil is "not told" throughout.
package struct Facts: Hashable, Sendable {
    package var name: String?
    /// The account it belongs to, usually an email address.
    package var account: String?
    package var permissions: PermissionSet?
    var boxedHolder: Boxed<AccountHolder>?
    @Compact package var createdAt: Instant?
    @Compact package var lastUsedAt: Instant?
    package var expiry: Expiry
    /// The provider says in so many words that it has expired.
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
    /// The same facts; texts that are as they were stay where they were in memory.
    ///
    /// Else every sweep would give 100,000 tokens new texts, and leave holes where the old ones were.
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

/// A move of the expiry by less than this is none: an end that is counted from the answer on trembles
/// by the time that the answer takes, and replicas round differently.
package let expiryTolerance: Duration = .minutes(2)

/// So many moves of an expiry in a row, each to a later instant, make it a rolling one.
package let movesOfRolling = 3

extension Expiry {
    /// Whether two expiries are the same, but for what an expiry may tremble by.
    func isSame(as other: Expiry) -> Bool {
        guard case .at(let left) = self, case .at(let right) = other else { return self == other }
        return left - right < expiryTolerance && right - left < expiryTolerance
    }
}

extension Facts {
    /// The same facts; an expiry that is the same as a known one keeps its instant.
    ///
    /// It is compared with the first that was seen, never with the last, so that it cannot drift.
    func pinned(to settled: Expiry?) -> Facts {
        guard let settled, expiry.isSame(as: settled) else { return self }
        var facts = self
        facts.expiry = settled
        return facts
    }
}

/// What became of one poll, in the one word that JSON and metrics have for it.
package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case ok
    case rejected
    case unreachable
    case serverError = "server_error"
    case rateLimited = "rate_limited"
    case malformed

    /// Whether it says something of the token, or at least that the host answers in its own words.
    ///
    /// These end `unreachable`.
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

/// What one poll learned; a failed poll is an observation too.
package struct Observation: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        case ok(Facts)
        /// The provider rejects the token, with this status or text.
        case rejected(String)
        /// No answer, and why, in one line for an operator.
        case unreachable(String)
        case serverError(String)
        case rateLimited(String)
        /// Not what the provider documents, and in what.
        case malformed(String)

        /// What a good answer reports.
        package var facts: Facts? {
            if case .ok(let facts) = self { facts } else { nil }
        }

        /// Why it is not a good answer; nil for a good one.
        package var error: String? {
            switch self {
            case .ok: nil
            case .rejected(let text), .unreachable(let text), .serverError(let text),
                .rateLimited(let text), .malformed(let text):
                text
            }
        }
    }

    /// When the request began.
    package var askedAt: Instant
    /// When the answer, or the failure, was there.
    package var answeredAt: Instant
    package var answer: Answer
    /// The secret it was asked with.
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

    /// Why it is not a good answer; nil for a good one.
    package var error: String? { answer.error }
}
