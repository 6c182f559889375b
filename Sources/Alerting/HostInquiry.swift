/// Finds out whether the trouble of one token is its host's, by asking some of the host's others.
///
/// The host's tokens that were in the same trouble already, and came into it lately, are known to be;
/// of the others a sample is polled, and stands for all of them.
package struct HostInquiry: Hashable, Sendable {
    package let trouble: HostTrouble
    /// When it is decided by what is known then.
    package let deadline: Moment
    /// Tokens in the trouble, without those of the sample.
    private var known: Int
    /// Tokens that were not, those of the sample included.
    private let others: Int
    private let sampled: Int
    /// Those of the sample that have not been polled yet.
    private var waiting: Set<Int>
    private var failing = 0
    /// The tokens whose alerts wait for the outcome.
    package private(set) var withheld: [Int]

    /// So many are asked: enough to tell a half from a tenth, and few enough for any host.
    package static let largestSample = 32
    /// Tokens looked at in choosing them.
    package static let longestWalk = 1000
    /// Longer than a poll takes that ends by its timeout.
    package static let patience: Duration = .seconds(30)

    /// - Parameters:
    ///   - trouble: which.
    ///   - slot: the token whose trouble it began with; one of those `known`.
    ///   - known: tokens in the trouble that came into it lately, 1 or more.
    ///   - others: tokens that are not in it.
    ///   - sample: those of the others that are polled now.
    ///   - now: when it begins.
    package init(
        _ trouble: HostTrouble,
        of slot: Int,
        known: Int,
        others: Int,
        sample: [Int],
        at now: Moment
    ) {
        self.trouble = trouble
        deadline = now + Self.patience
        self.known = known
        self.others = others
        sampled = sample.count
        waiting = Set(sample)
        withheld = [slot]
    }

    /// Notes that another token, which is not of the sample, waits for the outcome.
    package mutating func withhold(_ slot: Int) {
        guard !withheld.contains(slot) else { return }
        withheld.append(slot)
    }

    /// Takes in how a token of the sample fares, by a poll that began after the inquiry.
    package mutating func note(_ slot: Int, isInTrouble: Bool) {
        guard waiting.remove(slot) != nil else { return }
        if isInTrouble { failing += 1 }
    }

    /// Whether the trouble is the host's; nil while that is open.
    ///
    /// It is, if five of its tokens and at least half of them are in it.
    package func isHosts(at now: Moment) -> Bool? {
        let answered = sampled - waiting.count
        if !isHosts(failing + waiting.count, of: sampled) { return false }
        // Known to be the host's it waits for the rest of the sample, which it will be said to stand for.
        guard waiting.isEmpty || now >= deadline else { return nil }
        return isHosts(failing, of: answered)
    }

    private func isHosts(_ failing: Int, of sampled: Int) -> Bool {
        guard known + failing >= HostTrouble.fewestTokens else { return false }
        let share = sampled == 0 ? 0 : Double(failing) / Double(sampled)
        return 2 * (Double(known) + Double(others) * share) >= Double(known + others)
    }
}

/// Finds out whether a host in trouble is well again, once one of its tokens is.
package struct HostRecovery: Hashable, Sendable {
    package let trouble: HostTrouble
    package let deadline: Moment
    private var waiting: Set<Int>
    private var well = 1
    private var failing = 0

    /// Begins with one token that is well.
    ///
    /// - Parameters:
    ///   - trouble: which.
    ///   - sample: tokens in it that are polled now.
    ///   - now: when it begins.
    package init(_ trouble: HostTrouble, sample: [Int], at now: Moment) {
        self.trouble = trouble
        deadline = now + HostInquiry.patience
        waiting = Set(sample)
    }

    package mutating func note(_ slot: Int, isInTrouble: Bool) {
        guard waiting.remove(slot) != nil else { return }
        if isInTrouble { failing += 1 } else { well += 1 }
    }

    /// Whether most of those asked are well; nil while that is open.
    package func isWell(at now: Moment) -> Bool? {
        if well > failing + waiting.count { return true }
        if failing >= well + waiting.count { return false }
        return now >= deadline ? well > failing : nil
    }
}
