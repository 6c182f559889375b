/// Work that concerns every token.
package enum Sweep: CaseIterable, Hashable, Sendable {
    /// Takes over a configuration.
    case configuration
    /// Evaluates again, because the time was moved.
    case time
    /// Compares the secrets with those of the last good answers.
    case secrets
    /// Ends duplicates of the earlier configuration that are none in this one.
    case duplicates

    /// Half a millisecond or so per turn: other work waits for the queue, and so does READY.
    var tokensPerTurn: Int {
        switch self {
        case .configuration, .time: 256
        // Each secret is a file to read.
        case .secrets: 32
        case .duplicates: 4096
        }
    }
}

/// Work on every token, done for some tokens per turn, so that other work gets its turn.
extension Engine {
    /// The number of unwritten states and events at which tokens stop taking over a configuration.
    static let mostUnwrittenInTakeover = 4096

    /// Begins a sweep over all tokens; it replaces a sweep of the same kind in progress.
    mutating func begin(_ sweep: Sweep) {
        sweeps[sweep] = 0
        wantsTurn = true
    }

    /// Whether a sweep is in progress; it may have to wait for a commit.
    package var isSweeping: Bool { !sweeps.isEmpty }

    /// Whether a sweep can continue now.
    package var canSweep: Bool { Sweep.allCases.contains(where: canGoOn) }

    private func canGoOn(_ sweep: Sweep) -> Bool {
        sweeps[sweep] != nil && (sweep != .configuration || !waitsForStore)
    }

    /// Whether too much is unwritten for a new configuration to add more.
    private var waitsForStore: Bool {
        pending.count >= Self.mostUnwrittenInTakeover && storeProblem == nil
    }

    /// Does the next part of each sweep, except the sweep of the secrets.
    package mutating func sweep(at now: Now) {
        guard isSweeping else { return }
        // The sweep of secrets continues when the owner has read some.
        let others = Sweep.allCases.filter { $0 != .secrets }
        for sweep in others where canGoOn(sweep) { goOn(sweep, at: now) }
        if others.contains(where: canGoOn) { wantsTurn = true }
    }

    private mutating func goOn(_ sweep: Sweep, at now: Now) {
        let isReady = sweep != .configuration || forgetSome(sweep.tokensPerTurn, at: now)
        guard isReady, let slots = next(of: sweep) else { return }
        for slot in slots {
            switch sweep {
            case .configuration: takeOver(slot, at: now)
            case .time: apply(slot, .timePassed, at: now)
            case .secrets: break
            case .duplicates: endDuplicate(slot, at: now)
            }
        }
        if sweep == .configuration, sweeps[sweep] == nil, finishTakeover(at: now) {
            begin(.secrets)
        }
    }

    /// The next slots of a sweep; the sweep ends with the last one.
    private mutating func next(of sweep: Sweep) -> Range<Int>? {
        guard let start = sweeps[sweep] else { return nil }
        // Listed tokens have no secrets.
        let count = sweep == .secrets || sweep == .duplicates ? roster.polled : states.count
        let end = min(count, start + sweep.tokensPerTurn)
        sweeps[sweep] = end < count ? end : nil
        return start..<max(start, end)
    }

    // MARK: - Secrets

    /// The next tokens whose secrets to compare with those of their last good answers.
    package mutating func takeSecretsToCompare() -> [Int] {
        guard let slots = next(of: .secrets) else { return [] }
        wantsTurn = true
        // By then all holders are known.
        if sweeps[.secrets] == nil { begin(.duplicates) }
        return slots.filter { schedule.nextPoll(of: $0) != nil }
    }

    /// Compares a token's secret, nil if it has none; a changed one is polled at once.
    package mutating func compare(_ slot: Int, holds digest: SecretDigest?, at now: Now) {
        note(slot, holds: digest, at: now)
        if digest != states[slot].secret { plan(slot, poll: now.moment) }
    }

    /// Records the secret for a poll.
    ///
    /// - Returns: whether it may be polled now; otherwise its next check is planned.
    package mutating func admits(_ slot: Int, with digest: SecretDigest, at now: Now) -> Bool {
        note(slot, holds: digest, at: now)
        return !isRefused(slot, digest, at: now) && !isLimited(slot, digest, at: now)
    }

    /// Records that a token's secret cannot be used.
    package mutating func lacksSecret(_ slot: Int, _ problem: String, at now: Now) {
        note(slot, holds: nil, at: now)
        if states[slot].secretProblem != problem { apply(slot, .noSecret(problem), at: now) }
        skip(slot, at: now)
        // A try costs one system call, and a person who repairs the file is waiting.
        finish(slot, next: now.moment + min(Duration.minutes(1), roster.settings[slot].interval))
    }

    /// Records a token's secret, and judges others with the same one.
    private mutating func note(_ slot: Int, holds digest: SecretDigest?, at now: Now) {
        for touched in holders.note(slot, holds: digest) {
            let other = companion(of: touched)
            if states[touched].duplicateOf != other { apply(touched, .duplicate(other), at: now) }
        }
    }

    private mutating func endDuplicate(_ slot: Int, at now: Now) {
        guard states[slot].duplicateOf != nil, companion(of: slot) == nil else { return }
        apply(slot, .duplicate(nil), at: now)
    }

    /// Another token with the same secret; inventories may share the token of one administrator.
    private func companion(of slot: Int) -> TokenID? {
        guard let other = holders.companion(of: slot) else { return nil }
        let (id, otherID) = (roster.settings[slot].id, roster.settings[other].id)
        let bothList = roster.inventories[id] != nil && roster.inventories[otherID] != nil
        return bothList ? nil : otherID
    }
}
