/// Finds out whether the trouble of one token is its host's, by polling some of the host's others.
///
/// Tokens of the host that recently came into the same trouble are known; of the others a sample is
/// polled, and stands for all of them. Once the sample shows that it is the host's, the rest is polled
/// too, so that the alert names all tokens that it stands for.
package struct HostInquiry: Hashable, Sendable {
    /// The next step.
    package enum Step: Hashable, Sendable {
        case waits
        /// It is the host's trouble; poll these before the alert counts them.
        case polls([Int])
        case isHosts
        case isOwn
    }

    package let trouble: HostTrouble
    /// When it is decided by what is known then.
    package let deadline: Moment
    /// Tokens in the trouble, without those of the sample.
    private let known: Int
    /// Tokens that were not, those of the sample included.
    private let others: Int
    private var sampled: Int
    /// The others that are not in the sample.
    private let rest: [Int]
    /// Whether it is known to be the host's, and the rest is being polled.
    private var isNaming = false
    /// Polled tokens without an answer yet.
    private var waiting: Set<Int>
    private var answered: Int
    private var failing = 0
    /// The tokens whose alerts wait for the outcome.
    package private(set) var withheld: [Int]

    /// Enough to distinguish a half from a tenth, and few enough for any host.
    package static let largestSample = 32
    /// Tokens considered for the sample and the rest.
    package static let longestWalk = 1000
    /// Longer than a poll that ends by its timeout.
    package static let patience: Duration = .seconds(30)

    /// - Parameters:
    ///   - trouble: which.
    ///   - slot: the token whose trouble it began with; one of those `known`.
    ///   - known: tokens that recently came into the trouble, 1 or more.
    ///   - others: tokens that are not in it.
    ///   - sample: those of the others that are polled now.
    ///   - answered: those of the others that are well, by an answer of just now.
    ///   - rest: those of the others that are polled if it is the host's.
    ///   - now: when it begins.
    package init(
        _ trouble: HostTrouble,
        of slot: Int,
        known: Int,
        others: Int,
        sample: [Int],
        answered: Int = 0,
        rest: [Int] = [],
        at now: Moment
    ) {
        self.trouble = trouble
        deadline = now + Self.patience
        self.known = known
        self.others = others
        self.rest = rest
        self.answered = answered
        sampled = sample.count + answered
        waiting = Set(sample)
        withheld = [slot]
    }

    /// Notes that another token waits for the outcome.
    package mutating func withhold(_ slot: Int) {
        guard !withheld.contains(slot) else { return }
        withheld.append(slot)
    }

    /// Records the poll of a token.
    package mutating func note(_ slot: Int, isInTrouble: Bool) {
        guard waiting.remove(slot) != nil else { return }
        answered += 1
        if isInTrouble { failing += 1 }
    }

    /// Notes that a token cannot be polled.
    package mutating func drop(_ slot: Int) {
        guard waiting.remove(slot) != nil, !isNaming else { return }
        sampled -= 1
    }

    /// Polled tokens that turned out to be well.
    package var well: Int { answered - failing }

    /// Decides what comes next; the trouble is the host's if five of its tokens and at least half of
    /// them are in it.
    package mutating func step(at now: Moment) -> Step {
        if isNaming { return waiting.isEmpty || now >= deadline ? .isHosts : .waits }
        if !isHosts(failing + waiting.count, of: sampled) { return .isOwn }
        if now >= deadline { return isHosts(failing, of: answered) ? .isHosts : .isOwn }
        guard isHosts(failing, of: sampled) else { return .waits }
        isNaming = true
        waiting.formUnion(rest)
        if waiting.isEmpty { return .isHosts }
        return rest.isEmpty ? .waits : .polls(rest)
    }

    private func isHosts(_ failing: Int, of sampled: Int) -> Bool {
        guard known + failing >= HostTrouble.fewestTokens else { return false }
        let share = sampled == 0 ? 0 : Double(failing) / Double(sampled)
        return 2 * (Double(known) + Double(others) * share) >= Double(known + others)
    }
}
