import Testing

@testable import Alerting

/// A book and the tokens of one host, whose polls end one by one.
private struct HostUnderTest {
    var book: HostBook
    var states: [TokenState]
    var now = Now(instant: start, moment: Moment(milliseconds: 1_000_000))
    private let settings: [TokenSettings]
    var decisions: [HostBook.Decision] = []

    /// `since` is when the host's alert began, if it has one.
    init(tokens count: Int, alertSince since: Instant? = nil) {
        let provider = TokenProvider(name: "p", host: "one.example")
        settings = (0..<count).compactMap { slot in
            TokenID("t\(slot)").map { TokenSettings(id: $0, provider: provider, policy: Policy()) }
        }
        states = Array(repeating: TokenState(), count: count)
        let alert = since.map {
            Alert(
                condition: .hostRejecting,
                id: EventID(high: 1, low: 1),
                severity: .critical,
                since: $0
            )
        }
        book = HostBook(
            Roster(settings),
            alerts: { _ in [alert].compactMap(\.self) },
            at: now,
            seed: 7
        )
        for slot in states.indices { book.count(slot, states[slot]) }
    }

    var tokens: HostBook.Tokens {
        HostBook.Tokens(states, settings)
    }

    /// Ends a poll of a token; one that is newly rejected waits, unless the host's alert stands for it.
    mutating func polled(_ slot: Int, isRejected: Bool) {
        let old = states[slot]
        states[slot].rejectedSince = isRejected ? old.rejectedSince ?? now.instant : nil
        states[slot].lastOutcome = isRejected ? .rejected : .ok
        var evaluation = Evaluation(state: states[slot], events: [], startsSpan: false)
        if isRejected, book.standing(of: slot).withheld.contains(HostTrouble.rejecting) {
            evaluation.withheld.insert(.rejecting)
        }
        decisions = book.note(slot, from: old, evaluation, isPoll: true, tokens, at: now)
    }

    /// A token is rejected, and the book knows; nothing is decided.
    mutating func isRejected(_ slot: Int) {
        book.discount(slot, states[slot])
        states[slot].rejectedSince = now.instant
        book.count(slot, states[slot])
    }

    /// Begins a run with the states as they are.
    mutating func begin() { decisions = book.begin(tokens, at: now) }

    mutating func wait(_ duration: Duration) {
        now = Now(instant: now.instant + duration, moment: now.moment + duration)
        decisions = book.decide(tokens, at: now)
    }

    var finding: Finding { book.finding(0, .rejecting, tokens, at: now) }

    /// The tokens that the last decisions have polled.
    var polls: [Int] {
        decisions.flatMap { decision -> [Int] in
            if case .poll(let slots) = decision { slots } else { [] }
        }
    }
}

struct HostBookTests {
    @Test func `an alert waits until all tokens were polled, and names them`() {
        var host = HostUnderTest(tokens: 100)
        host.polled(0, isRejected: true)
        var left = host.polls
        #expect(left.count == 32)
        var order: [Int] = []
        while let slot = left.popLast() {
            #expect(!host.decisions.contains(.holds(host: 0, .rejecting)))
            host.polled(slot, isRejected: true)
            left = host.polls + left
            order.append(slot)
        }
        #expect(order.count == 99)
        #expect(host.decisions.first == .holds(host: 0, .rejecting))
        guard case .judge(let slots, own: nil)? = host.decisions.last else {
            Issue.record("\(host.decisions)")
            return
        }
        #expect(slots.sorted() == Array(0..<100), "all alerts waited for it")
        #expect(host.finding.summary.contains("rejects 100 of 100 tokens"))
        #expect(host.book.standing(of: 5).covered.contains(HostTrouble.rejecting))
    }

    @Test func `after 30 s the alert says how many are known, and that there may be more`() {
        var host = HostUnderTest(tokens: 100)
        host.polled(0, isRejected: true)
        for slot in host.polls.prefix(21) { host.polled(slot, isRejected: true) }
        host.wait(.seconds(29))
        #expect(host.decisions.isEmpty)
        host.wait(.seconds(1))
        #expect(host.decisions.first == .holds(host: 0, .rejecting))
        #expect(host.finding.summary.contains("rejects at least 22 of 100 tokens"))
        host.wait(.hours(2))
        #expect(host.finding.summary.contains("rejects 22 of 100 tokens"), "all were polled since")
    }

    @Test(arguments: [(4, 4), (5, 4), (6, 5)])
    func `a start ends or looks into the alert of a host with too few tokens left`(
        tokens: Int,
        rejected: Int
    ) {
        var host = HostUnderTest(tokens: tokens, alertSince: start - .days(1))
        for slot in 0..<rejected {
            host.book.discount(slot, host.states[slot])
            host.states[slot].rejectedSince = start - .days(1)
            host.book.count(slot, host.states[slot])
        }
        host.begin()
        let ending = HostTrouble.rejecting.ending(left: rejected, of: tokens)
        switch tokens {
        case 4:
            #expect(host.decisions.first == .ends(host: 0, .rejecting, mended: ending))
            #expect(host.polls == [0, 1, 2, 3])
        case 5: #expect(host.polls.sorted() == [0, 1, 2, 3], "the alert holds until they answer")
        default: #expect(host.decisions.isEmpty)
        }
    }

    @Test func `a token's own rejection counts on a host with more tokens than are looked at`() {
        var host = HostUnderTest(tokens: HostInquiry.longestWalk + 1)
        for slot in 1..<HostInquiry.longestWalk / 2 { host.isRejected(slot) }
        // With it they are half of those that are looked at, none of whom can be polled.
        for slot in HostInquiry.longestWalk / 2..<host.states.count {
            host.states[slot].secretProblem = "is missing"
        }
        host.polled(0, isRejected: true)
        #expect(host.decisions.first == .holds(host: 0, .rejecting))
    }

    /// A host of 100 tokens that rejects all of them.
    private func rejecting() -> HostUnderTest {
        var host = HostUnderTest(tokens: 100)
        host.polled(0, isRejected: true)
        var left = host.polls
        while let slot = left.popLast() {
            host.polled(slot, isRejected: true)
            left += host.polls
        }
        return host
    }

    @Test func `the end counts what was not polled in time, and takes nothing of it for news`() {
        var host = rejecting()
        host.wait(.minutes(10))
        host.polled(3, isRejected: false)
        let sample = host.polls
        #expect(sample.count == 32)
        for slot in sample { host.polled(slot, isRejected: false) }
        host.wait(.seconds(30))
        let mended =
            "it accepts tokens again; \(100 - 33) of 100 tokens have not been polled since"
        #expect(host.decisions.first == .ends(host: 0, .rejecting, mended: mended))
        // One of those is rejected still, and the 66 others are no evidence against the host.
        let slot = host.states.firstIndex { $0.rejectedSince != nil }
        guard let slot else { return #expect(slot != nil) }
        host.polled(slot, isRejected: true)
        #expect(!host.decisions.contains(.holds(host: 0, .rejecting)))
        for other in host.polls { host.polled(other, isRejected: false) }
        host.wait(.seconds(30))
        #expect(!host.book.standing(of: slot).covered.contains(HostTrouble.rejecting))
    }

    @Test func `a host that still rejects most tokens keeps its alert`() {
        var host = rejecting()
        host.wait(.minutes(10))
        host.polled(3, isRejected: false)
        for slot in host.polls { host.polled(slot, isRejected: true) }
        host.wait(.minutes(2))
        #expect(host.decisions.isEmpty)
        #expect(host.book.standing(of: 3).covered.contains(HostTrouble.rejecting))
    }

    @Test func `a well token looks into recovery again after a minute, without another poll`() {
        var host = rejecting()
        host.wait(.minutes(10))
        host.polled(3, isRejected: false)
        for slot in host.polls { host.polled(slot, isRejected: true) }
        host.polled(4, isRejected: false)
        #expect(host.polls.isEmpty)
        #expect(host.book.nextDecision == host.now.moment + .minutes(1))
        host.wait(.minutes(1))
        #expect(host.polls.count == 32)
    }

    /// A host of 100 tokens, of which so many are rejected a minute after its alert was raised.
    private func sampled(rejected count: Int) -> HostUnderTest {
        var host = rejecting()
        host.wait(.minutes(1))
        for slot in 0..<(100 - count - 1) {
            host.book.discount(slot, host.states[slot])
            host.states[slot].rejectedSince = nil
            host.book.count(slot, host.states[slot])
        }
        host.polled(100 - count - 1, isRejected: false)
        for slot in host.polls { host.polled(slot, isRejected: true) }
        host.wait(.minutes(2))
        return host
    }

    @Test func `the alert may end without another poll only where less than half are left`() {
        #expect(sampled(rejected: 49).book.nextDecision != .never)
        #expect(sampled(rejected: 50).book.nextDecision == .never)
    }

    @Test func `once all were polled since the alert was raised, less than half end it`() {
        var host = sampled(rejected: 49)
        host.wait(host.book.nextDecision - host.now.moment)
        let sample = host.polls
        #expect(sample.count == 32)
        for slot in sample { host.polled(slot, isRejected: true) }
        let rest = host.polls
        #expect(rest.count == 49 - 32)
        for slot in rest { host.polled(slot, isRejected: true) }
        #expect(!host.book.standing(of: 0).covered.contains(HostTrouble.rejecting))
    }

    @Test func `a token that is polled twice while others are asked is judged once`() {
        var host = HostUnderTest(tokens: 8)
        for _ in 1...2 { host.polled(0, isRejected: true) }
        var decisions: [HostBook.Decision] = []
        for slot in 1...7 {
            host.polled(slot, isRejected: false)
            decisions += host.decisions
        }
        #expect(decisions == [.judge([0], own: .rejecting)])
    }

    @Test func `a token that awaits its second poll is not polled early for its host`() {
        var host = HostUnderTest(tokens: 6)
        host.states[1].lastOutcome = .malformed
        host.states[1].unconfirmed = .malformed
        host.polled(0, isRejected: true)
        #expect(host.polls.sorted() == [2, 3, 4, 5])
    }

    @Test func `an answer of the same instant counts, and is not polled for again`() {
        var host = HostUnderTest(tokens: 8)
        for slot in 1...3 { host.states[slot].lastPollAt = host.now.instant }
        host.polled(0, isRejected: true)
        #expect(host.polls.sorted() == [4, 5, 6, 7])
        for slot in 4...6 { host.polled(slot, isRejected: true) }
        #expect(!host.decisions.contains { $0 == .holds(host: 0, .rejecting) })
        host.polled(7, isRejected: true)
        #expect(host.decisions.contains(.holds(host: 0, .rejecting)))
        // Three of those seven are rejected in the instant in which the first is well.
        host.wait(.minutes(10))
        for slot in [0, 4, 5] { host.states[slot].lastPollAt = host.now.instant }
        host.polled(1, isRejected: true)
        host.polled(2, isRejected: false)
        #expect(Set(host.polls).isDisjoint(with: [0, 4, 5]))
        #expect(Set(host.polls).isSuperset(of: [6, 7]))
    }
}
