/// Finds out whether a host in trouble has recovered, once one of its tokens has.
///
/// A sample of those in trouble decides whether the others are worth a poll; they are all polled before
/// the alert ends, so that its end is true.
package struct HostRecovery: Hashable, Sendable {
    package let trouble: HostTrouble
    /// When the current stage ends at the latest.
    package private(set) var deadline: Moment
    /// Polled tokens without an answer yet.
    package private(set) var waiting: Set<Int>
    /// Whether the sample has spoken, and all others are being polled.
    package private(set) var pollsAll = false
    private var answered: Set<Int>
    private var well = 1
    private var failing: Int

    /// Begins with one token that is well.
    ///
    /// - Parameters:
    ///   - trouble: which.
    ///   - sample: tokens in it that are polled now.
    ///   - failing: tokens in it by an answer of just now.
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

    /// Notes that a token cannot be polled.
    package mutating func drop(_ slot: Int) {
        waiting.remove(slot)
        answered.insert(slot)
    }

    /// Whether most of the sample are well; nil while that is open.
    package func isSampleWell(at now: Moment) -> Bool? {
        if well > failing + waiting.count { return true }
        // Whether few are left is known only when all of them have answered.
        return waiting.isEmpty || now >= deadline ? well > failing : nil
    }

    /// Begins the second stage.
    ///
    /// - Parameters:
    ///   - troubled: all tokens in the trouble.
    ///   - now: when it begins.
    /// - Returns: those to be polled.
    package mutating func pollAll(_ troubled: [Int], at now: Moment) -> [Int] {
        let slots = troubled.filter { !answered.contains($0) && !waiting.contains($0) }
        pollsAll = true
        waiting.formUnion(slots)
        deadline = now + HostInquiry.patience
        return slots
    }

    /// Whether all tokens in the trouble were polled, or their time is over.
    package func isDone(at now: Moment) -> Bool { waiting.isEmpty || now >= deadline }
}
