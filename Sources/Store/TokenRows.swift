import Alerting

extension Query {
    /// The statement of an unchanged poll.
    static let updateToken = Query(
        "writing a token's poll",
        """
        UPDATE tokens SET last_used_at = ?, last_poll_at = ?, last_ok_at = ?, verdict_at = ?,
            polls_without_verdict = ?, failures = ?, used_by = ?, used_elsewhere_at = ?,
            hidden_answers = ?, own_from = ?, own_to = ?, watched_since = ?
        WHERE id = ?
        """
    )

    static let rewriteToken = Query(
        "writing a token",
        """
        UPDATE tokens SET name = ?, account = ?, permissions = ?, created_at = ?, expiry = ?,
            expires_at = ?, says_expired = ?, last_used_at = ?, expiry_seen_at = ?, secret = ?,
            asked_with = ?, last_poll_at = ?, last_ok_at = ?, last_outcome = ?, last_error = ?,
            verdict_at = ?, polls_without_verdict = ?, failures = ?, malformed = ?,
            rejected_since = ?, rejection = ?, secret_problem = ?, duplicate_of = ?, used_by = ?,
            used_elsewhere_at = ?, hidden_answers = ?, own_from = ?, own_to = ?, watched_since = ?,
            own_unanswered = ?, use_uncertain_until = ?, unconfirmed = ?, expiry_moves = ?,
            swings = ?, resting_acks = ?, list_read_at = ?, list_scope = ?, account_name = ?,
            company = ?
        WHERE id = ?
        """
    )

    static let insertToken = Query(
        "writing a new token",
        """
        INSERT INTO tokens (id, says_expired, polls_without_verdict, failures, hidden_answers)
        VALUES (?, 0, 0, 0, 0)
        """
    )

    static let deleteToken = Query("forgetting a token", "DELETE FROM tokens WHERE id = ?")

    static let selectTokens = Query(
        "reading the tokens",
        """
        SELECT row, id, name, account, permissions, created_at, expiry, expires_at, says_expired,
            last_used_at, expiry_seen_at, secret, asked_with, last_poll_at, last_ok_at,
            last_outcome, last_error, verdict_at, polls_without_verdict, failures, malformed,
            rejected_since, rejection, secret_problem, duplicate_of, used_by, used_elsewhere_at,
            hidden_answers, own_from, own_to, own_unanswered, watched_since, use_uncertain_until,
            unconfirmed, expiry_moves, swings, resting_acks, list_read_at, list_scope,
            account_name, company
        FROM tokens
        """
    )

    static let endSpan = Query(
        "ending a span",
        "UPDATE spans SET until_at = ? WHERE token = ? AND until_at IS NULL"
    )

    static let insertSpan = Query(
        "writing a span",
        """
        INSERT INTO spans (token, from_at, outcome, error, name, account, permissions, created_at,
            expiry, expires_at, says_expired)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    )
}

extension Arguments {
    /// The maximum size of permissions in a span, which is only shown: the rest is counted.
    static let longestRecordedPermissions = 64 << 10

    /// Adds name, account, permissions, created_at, expiry, expires_at and says_expired.
    ///
    /// - Parameters:
    ///   - facts: the facts; nil adds nulls.
    ///   - limit: the bytes of permissions; nil for all, because decisions need them.
    mutating func add(_ facts: Facts?, permissionsWithin limit: Int? = nil) {
        add(facts?.name)
        add(facts?.account)
        add(
            (facts?.permissions?.words).map { words in
                guard let limit else { return TextArray.write(words) }
                let (kept, omitted) = words.cut(toBytes: limit)
                return TextArray.write(kept + (omitted > 0 ? ["(and \(omitted) more)"] : []))
            }
        )
        add(facts?.createdAt)
        let (kind, instant): (String?, Instant?) =
            switch facts?.expiry {
            case .at(let instant): ("known", instant)
            case .never: ("never", nil)
            case .notTold: ("not_told", nil)
            case nil: (nil, nil)
            }
        add(kind)
        add(instant)
        add(facts?.saysExpired ?? false)
    }

    /// Adds every column of a token but its row and id, in the order of `Query.rewriteToken`.
    mutating func add(_ state: TokenState) {
        add(state.known)
        add(state.known?.lastUsedAt)
        add(state.expirySeenAt)
        add(state.secret)
        add(state.askedWith.map(Int64.init(bitPattern:)))
        add(state.lastPollAt)
        add(state.lastOkAt)
        add(state.lastOutcome?.rawValue)
        add(state.lastError)
        add(state.verdictAt)
        add(state.pollsWithoutVerdict)
        add(state.failures)
        add(state.malformed)
        add(state.rejectedSince)
        add(state.rejection)
        add(state.secretProblem)
        add(state.duplicateOf)
        addWhatPollsMove(of: state.use)
        let unanswered = state.use.unanswered
        add(unanswered.isEmpty ? nil : TextArray.write(unanswered.map(\.column)))
        add(state.use.uncertainUntil)
        addDamping(of: state)
        add(state.listMark?.readAt)
        add((state.listMark?.scope).map(Int64.init(bitPattern:)))
        add(state.known?.holder?.name)
        add(state.known?.holder?.company)
    }

    /// Adds used_by, used_elsewhere_at, hidden_answers, own_from, own_to and watched_since.
    mutating func addWhatPollsMove(of use: LastUse) {
        add(use.by?.rawValue)
        add(use.elsewhereAt)
        add(use.hiddenAnswers)
        add(use.lastAnswered?.from)
        add(use.lastAnswered?.to)
        add(use.watchedSince)
    }
}

extension SecretDigest: ColumnConvertible {
    var column: ColumnValue {
        .bytes(
            [high, low].flatMap { half in
                (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) }
            }
        )
    }
}

extension Row {
    /// Reads the columns of `Arguments.add(_: Facts?)`.
    mutating func facts(_ shared: inout SharedFacts) throws -> Facts? {
        var facts = Facts()
        facts.name = optionalText()
        facts.account = optionalText().map { shared.shared(account: $0) }
        facts.permissions = try optionalText().map { text in
            try shared.permissions(written: text) { PermissionSet(try texts(of: text)) }
        }
        facts.createdAt = optionalInstant()
        let kind = optionalText()
        let expiry = try expiry(kind)
        facts.saysExpired = try flag()
        guard let expiry else { return nil }
        facts.expiry = expiry
        return facts
    }

    /// Reads the columns of `Arguments.add(_: TokenState)`.
    ///
    /// - Parameters:
    ///   - shared: the facts that many tokens share.
    ///   - known: gets the facts, even if a later column cannot be read.
    /// - Returns: the whole state, except for the alerts.
    /// - Throws: `StoreError.damaged` if a column cannot be read.
    mutating func tokenState(
        _ shared: inout SharedFacts,
        known: inout Facts?
    ) throws -> TokenState {
        var state = TokenState()
        state.known = try facts(&shared)
        // Read it before the optional chain, which would skip the column without facts.
        let lastUsedAt = optionalInstant()
        state.known?.lastUsedAt = lastUsedAt
        try finish()
        known = state.known
        state.expirySeenAt = optionalInstant()
        state.secret = try secretDigest()
        state.askedWith = optionalInteger().map(UInt64.init(bitPattern:))
        state.lastPollAt = optionalInstant()
        state.lastOkAt = optionalInstant()
        state.lastOutcome = try optionalWord(Outcome.self)
        state.lastError = optionalText()
        state.verdictAt = optionalInstant()
        state.pollsWithoutVerdict = try count()
        state.failures = try count()
        state.malformed = optionalText()
        state.rejectedSince = optionalInstant()
        state.rejection = optionalText()
        state.secretProblem = optionalText()
        state.duplicateOf = try optionalText().map { text in
            guard let id = TokenID(text) else { throw damaged("is not a token id") }
            return id
        }
        state.use = try lastUse()
        try readDamping(into: &state)
        let (readAt, scope) = (optionalInstant(), optionalInteger())
        if let readAt, let scope {
            state.listMark = ListMark(readAt: readAt, scope: UInt64(bitPattern: scope))
        }
        let holder = AccountHolder(name: optionalText(), company: optionalText())
        state.known?.set(holder, &shared)
        return state
    }

    private mutating func lastUse() throws -> LastUse {
        var use = LastUse()
        use.by = try optionalWord(LastUse.By.self)
        use.elsewhereAt = optionalInstant()
        use.hiddenAnswers = try count()
        let (from, to) = (optionalInstant(), optionalInstant())
        guard (from == nil) == (to == nil) else { throw damaged("does not fit own_from") }
        if let from, let to { use.lastAnswered = PollWindow(from: from, to: to) }
        use.unanswered = try (optionalTexts() ?? []).map { column in
            guard let window = PollWindow(column: column) else {
                throw damaged("is not a stretch of time")
            }
            return window
        }
        use.watchedSince = optionalInstant()
        use.uncertainUntil = optionalInstant()
        return use
    }

    private mutating func expiry(_ kind: String?) throws -> Expiry? {
        let instant = optionalInstant()
        switch (kind, instant) {
        case (nil, _): return nil
        case ("known", let instant?): return .at(instant)
        case ("never", nil): return .never
        case ("not_told", nil): return .notTold
        default: throw damaged("does not fit expiry")
        }
    }

    mutating func secretDigest() throws -> SecretDigest? {
        guard let bytes = optionalBytes() else { return nil }
        guard bytes.count == 16 else { throw damaged("is not 16 bytes") }
        let half = { (bytes: ArraySlice<UInt8>) in
            bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
        return SecretDigest(high: half(bytes[..<8]), low: half(bytes[8...]))
    }
}

extension PollWindow {
    /// The column's text: `FROM/TO`, in milliseconds.
    fileprivate var column: String { "\(from.milliseconds)/\(to.milliseconds)" }

    fileprivate init?(column: String) {
        let parts = column.split(separator: "/").map { Int64($0) }
        guard parts.count == 2, let from = parts[0], let to = parts[1] else { return nil }
        self.init(from: Instant(milliseconds: from), to: Instant(milliseconds: to))
    }
}
