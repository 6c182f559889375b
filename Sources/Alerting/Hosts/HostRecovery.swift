/// Finds out whether a host in trouble has recovered, once one of its tokens has.
///
/// A sample of the tokens in trouble decides whether to poll the others. All of them are polled
/// before the alert ends, so that its end is true.
package struct HostRecovery: Hashable, Sendable {
    package let trouble: HostTrouble
    /// The latest end of the current stage.
    package private(set) var deadline: Moment
    /// Polled tokens without an answer yet.
    package private(set) var waiting: Set<Int>
    /// Whether the sample is decided, and all others are being polled.
    package private(set) var pollsAll = false
    private var answered: Set<Int>
    private var well = 1
    private var failing: Int

    /// Begins with one token that has recovered.
    ///
    /// - Parameters:
    ///   - trouble: the trouble to investigate.
    ///   - sample: tokens in it that are polled now.
    ///   - failing: tokens whose latest answer shows that they are still in it.
    ///   - now: when it begins.
    package init(
        _ trouble: HostTrouble,
        sample: [Int],
        failing: [Int] = [],
        at now: Moment
    ) {
        self.trouble = trouble
        deadline = now + HostInquiry.patience
        waiting = Set(sample)
        answered = Set(failing)
        self.failing = failing.count
    }

    /// Records the poll of a token.
    package mutating func note(_ slot: Int, isInTrouble: Bool) {
        guard waiting.remove(slot) != nil else { return }
        answered.insert(slot)
        if isInTrouble { failing += 1 } else { well += 1 }
    }

    /// Records that a token cannot be polled.
    package mutating func drop(_ slot: Int) {
        waiting.remove(slot)
        answered.insert(slot)
    }

    /// Whether most of the sample have recovered; nil while that is open.
    package func isSampleWell(at now: Moment) -> Bool? {
        if well > failing + waiting.count { return true }
        // Whether few are left in trouble is known only when all of them have answered.
        return waiting.isEmpty || now >= deadline ? well > failing : nil
    }

    /// Begins the second stage.
    ///
    /// - Parameters:
    ///   - troubled: all tokens in the trouble.
    ///   - now: when it begins.
    /// - Returns: the tokens to poll.
    package mutating func pollAll(_ troubled: [Int], at now: Moment) -> [Int] {
        let slots = troubled.filter { !answered.contains($0) && !waiting.contains($0) }
        pollsAll = true
        waiting.formUnion(slots)
        deadline = now + HostInquiry.patience
        return slots
    }

    /// Whether all tokens in the trouble were polled, or their time is up.
    package func isDone(at now: Moment) -> Bool { waiting.isEmpty || now >= deadline }
}
