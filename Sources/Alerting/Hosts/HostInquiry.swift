/// Finds out whether the trouble of one token is its host's, by polling some of the host's others.
///
/// Tokens of the host that recently got into the same trouble are known. The daemon polls a sample
/// of the others, which stands for all of them. Once the sample shows that the trouble is the
/// host's, it polls the rest, too, so that the alert names all tokens that it stands for.
package struct HostInquiry: Hashable, Sendable {
    /// The next step.
    package enum Step: Hashable, Sendable {
        case waits
        /// The trouble is the host's; poll these tokens before the alert counts them.
        case polls([Int])
        case isHosts
        case isOwn
    }

    package let trouble: HostTrouble
    /// The time of the decision by the facts known then.
    package let deadline: Moment
    /// The number of tokens in the trouble, without the sample.
    private let known: Int
    /// The number of tokens that were not in it, including the sample.
    private let others: Int
    private var sampled: Int
    /// The others that are not in the sample.
    private let rest: [Int]
    /// Whether the trouble is known to be the host's, and the rest is being polled.
    private var isNaming = false
    /// Polled tokens without an answer yet.
    private var waiting: Set<Int>
    private var answered: Int
    private var failing = 0
    /// The tokens whose alerts wait for the outcome.
    package private(set) var withheld: [Int]

    /// The sample's maximum: enough to tell a half from a tenth, and few enough for any host.
    package static let largestSample = 32
    /// The number of tokens considered for the sample and the rest.
    package static let longestWalk = 1000
    /// The maximum wait, longer than a poll that ends by its timeout.
    package static let patience: Duration = .seconds(30)

    /// - Parameters:
    ///   - trouble: the trouble to investigate.
    ///   - slot: the token that the trouble began with; one of the `known` ones.
    ///   - known: tokens that recently got into the trouble, 1 or more.
    ///   - others: tokens that are not in it.
    ///   - sample: the others that are polled now.
    ///   - answered: the others that have just given a good answer.
    ///   - rest: the others that are polled if the trouble is the host's.
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

    /// Records that another token waits for the outcome.
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

    /// Records that a token cannot be polled.
    package mutating func drop(_ slot: Int) {
        guard waiting.remove(slot) != nil, !isNaming else { return }
        sampled -= 1
    }

    /// Polled tokens that turned out to be well.
    package var well: Int { answered - failing }

    /// Decides the next step.
    ///
    /// The trouble is the host's if five of its tokens and at least half of them are in it.
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
