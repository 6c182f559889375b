import Alerting
import Testing

private let moment = Moment(milliseconds: 1_000_000)

/// What an inquiry finds, of a host with so many tokens.
struct HostCase: Sendable, CustomTestStringConvertible {
    var known = 1
    var others: Int
    var failing: Int
    var isHosts: Bool

    var testDescription: String {
        "\(known) in trouble, of \(others) others \(failing): \(isHosts ? "the host's" : "their own")"
    }
}

@Suite
struct HostTroubleTests {
    @Test(arguments: [
        (0, 12, "it accepts tokens again"),
        (1, 12, "it accepts tokens again; 1 of 12 tokens is still rejected"),
        (3, 12, "it accepts tokens again; 3 of 12 tokens are still rejected"),
        (4, 4, "it holds for all 4 tokens polled there, too few for an alert of the host"),
        (1, 1, "it holds for the one token polled there, too few for an alert of the host"),
    ])
    func `the end of a host's alert counts the tokens still in trouble`(
        left: Int,
        tokens: Int,
        words: String
    ) {
        #expect(HostTrouble.rejecting.ending(left: left, of: tokens) == words)
    }

    @Test(arguments: [
        // Five tokens, and half of them: just under, at, just over.
        HostCase(others: 4, failing: 3, isHosts: false),
        HostCase(others: 4, failing: 4, isHosts: true),
        HostCase(others: 9, failing: 4, isHosts: true),
        HostCase(others: 10, failing: 4, isHosts: false),
        HostCase(others: 11, failing: 5, isHosts: true),
        HostCase(known: 5, others: 5, failing: 0, isHosts: true),
        HostCase(known: 5, others: 6, failing: 0, isHosts: false),
        HostCase(known: 4, others: 0, failing: 0, isHosts: false),
    ])
    func `five tokens and half of a host's make a trouble its own`(_ one: HostCase) {
        var inquiry = HostInquiry(
            .rejecting,
            of: 0,
            known: one.known,
            others: one.others,
            sample: Array(1..<(one.others + 1)),
            at: moment
        )
        for slot in 1..<(one.others + 1) {
            inquiry.note(slot, isInTrouble: slot <= one.failing)
        }
        #expect(inquiry.step(at: moment) == (one.isHosts ? .isHosts : .isOwn))
    }

    @Test func `a sample stands for all that were not asked`() {
        func step(failing: Int, of sampled: Int, known: Int) -> HostInquiry.Step {
            var inquiry = HostInquiry(
                .unreachable,
                of: 0,
                known: known,
                others: 400 - known,
                sample: Array(1...sampled),
                at: moment
            )
            for slot in 1...sampled { inquiry.note(slot, isInTrouble: slot <= failing) }
            return inquiry.step(at: moment)
        }
        #expect(step(failing: 32, of: 32, known: 1) == .isHosts)
        #expect(step(failing: 16, of: 32, known: 1) == .isHosts)
        #expect(step(failing: 15, of: 32, known: 1) == .isOwn)
        // Thirty-four that failed for reasons of their own are no tenth of the host.
        #expect(step(failing: 0, of: 32, known: 34) == .isOwn)
    }

    @Test
    func `an inquiry ends when it is not the host, when all answered, or at its deadline`() {
        func inquiry() -> HostInquiry {
            HostInquiry(.rejecting, of: 0, known: 1, others: 9, sample: Array(1...9), at: moment)
        }
        let deadline = moment + HostInquiry.patience
        var failing = inquiry()
        for slot in 1...3 { failing.note(slot, isInTrouble: true) }
        #expect(failing.step(at: moment) == .waits)
        failing.note(4, isInTrouble: true)
        // It is the host's whatever the others answer, but how many it stands for is not known.
        #expect(failing.step(at: moment) == .waits)
        for slot in 5...8 { failing.note(slot, isInTrouble: true) }
        var late = failing
        #expect(late.step(at: deadline) == .isHosts)
        failing.note(9, isInTrouble: true)
        #expect(failing.step(at: moment) == .isHosts)
        var well = inquiry()
        for slot in 1...5 { well.note(slot, isInTrouble: false) }
        #expect(well.step(at: moment) == .waits)
        well.note(6, isInTrouble: false)
        #expect(well.step(at: moment) == .isOwn)
        var slow = inquiry()
        for slot in 1...3 { slow.note(slot, isInTrouble: true) }
        slow.note(1, isInTrouble: true)
        var early = slow
        #expect(early.step(at: Moment(milliseconds: deadline.milliseconds - 1)) == .waits)
        #expect(early.step(at: deadline) == .isOwn)
        slow.note(4, isInTrouble: true)
        #expect(slow.step(at: deadline) == .isHosts)
    }

    @Test func `once it is the host's, the rest is polled before the alert counts them`() {
        var inquiry = HostInquiry(
            .rejecting,
            of: 0,
            known: 1,
            others: 60,
            sample: Array(1...32),
            rest: Array(33...60),
            at: moment
        )
        for slot in 1...31 { inquiry.note(slot, isInTrouble: true) }
        #expect(inquiry.step(at: moment) == .polls(Array(33...60)))
        for slot in 32...59 { inquiry.note(slot, isInTrouble: true) }
        #expect(inquiry.step(at: moment) == .waits)
        var late = inquiry
        #expect(late.step(at: moment + HostInquiry.patience) == .isHosts)
        inquiry.note(60, isInTrouble: false)
        #expect(inquiry.step(at: moment) == .isHosts)
        #expect(inquiry.well == 1)
    }

    @Test func `a token that cannot be polled holds up neither inquiry nor recovery`() {
        var inquiry = HostInquiry(
            .unreachable,
            of: 0,
            known: 4,
            others: 2,
            sample: [1, 2],
            at: moment
        )
        inquiry.note(1, isInTrouble: true)
        inquiry.drop(2)
        #expect(inquiry.step(at: moment) == .isHosts)
        var recovery = HostRecovery(.unreachable, sample: [1, 2, 3], at: moment)
        recovery.note(1, isInTrouble: false)
        for slot in [2, 3] { recovery.drop(slot) }
        #expect(recovery.isSampleWell(at: moment) == true && recovery.isDone(at: moment))
    }

    @Test func `a host is well when most of the sample are, and all others were polled`() {
        var recovery = HostRecovery(.unreachable, sample: [1, 2, 3, 4], at: moment)
        recovery.note(1, isInTrouble: true)
        recovery.note(2, isInTrouble: false)
        #expect(recovery.isSampleWell(at: moment) == nil)
        recovery.note(3, isInTrouble: false)
        #expect(recovery.isSampleWell(at: moment) == true)
        let later = moment + .seconds(10)
        #expect(recovery.pollAll([1, 4, 5, 6], at: later) == [5, 6])
        for slot in [4, 5] { recovery.note(slot, isInTrouble: false) }
        #expect(!recovery.isDone(at: later) && recovery.waiting == [6])
        #expect(recovery.isDone(at: later + HostInquiry.patience))
        recovery.note(6, isInTrouble: false)
        #expect(recovery.isDone(at: later))
        var lone = HostRecovery(.unreachable, sample: [1, 2, 3], at: moment)
        for slot in 1...3 { lone.note(slot, isInTrouble: true) }
        #expect(lone.isSampleWell(at: moment) == false)
        var even = HostRecovery(.unreachable, sample: [1], at: moment)
        even.note(1, isInTrouble: true)
        #expect(even.isSampleWell(at: moment) == false, "one of two is not most")
        let none = HostRecovery(.rejecting, sample: [], at: moment)
        #expect(none.isSampleWell(at: moment) == true && none.isDone(at: moment))
    }

    @Test func `what is withheld is not raised, and is raised once it is known to be the token's`()
    {
        var watched = Watched(.telling)
        _ = watched.tell(.holding("dns:list"), at: start)
        let refusal = Occasion.observed(
            .sample(.rejected("401"), at: start + .hours(1)),
            askedWith: 1
        )
        let withheld = evaluate(
            watched.state,
            refusal,
            watched.settings,
            host: HostStanding(withheld: .all),
            at: start + .hours(1),
            ids: &watched.ids
        )
        #expect(withheld.events.isEmpty)
        #expect(withheld.withheld.contains(HostTrouble.rejecting))
        watched.state = withheld.state
        #expect(watched.pass(to: start + .hours(1)).lines == ["rejected raised critical"])
    }

    @Test func `a rejection that awaits confirmation counts for its host, and is shown at once`() {
        var watched = Watched(.telling, confirmAfter: .seconds(30))
        _ = watched.tell(.holding("dns:list"), at: start)
        func refused(_ seconds: Int64, _ host: HostStanding) -> Evaluation {
            let now = start + .hours(1) + .seconds(seconds)
            return evaluate(
                watched.state,
                .observed(.sample(.rejected("401"), at: now), askedWith: 1),
                watched.settings,
                host: host,
                at: now,
                ids: &watched.ids
            )
        }
        let first = refused(0, HostStanding(withheld: .all))
        #expect(first.events.isEmpty && first.withheld.contains(HostTrouble.rejecting))
        #expect(first.state.shows(.rejecting))
        #expect(first.state.shownAlerts.map(\.isUnconfirmed) == [true])
        watched.state = first.state
        // It was the token's own trouble: the second answer tells of it, and asks no other token.
        let second = refused(30, HostStanding(withheld: .all))
        #expect(second.withheld.isEmpty)
        #expect(second.events.lines == ["rejected raised critical"])
        #expect(second.events.first?.channels == ["ops"])
        // It was the host's: that is evidence enough.
        let covered = evaluate(
            watched.state,
            .timePassed,
            watched.settings,
            host: HostStanding(covered: .all),
            at: start + .hours(1) + .seconds(1),
            ids: &watched.ids
        )
        #expect(covered.events.lines == ["rejected raised critical"])
        #expect(covered.events.first?.channels == [])
        #expect(!covered.state.awaitsSecondPoll)
    }

    @Test func `what a host's alert stands for has no reminder of its own to show`() {
        var watched = Watched(.telling)
        _ = watched.answer(.rejected("401"), at: start)
        #expect(watched.state.alert(.rejected)?.nextReminderAt == start + .days(1))
        let shown = watched.state.shown(coveredBy: .all)
        #expect(shown.alert(.rejected)?.isCovered == true)
        #expect(shown.alert(.rejected)?.nextReminderAt == nil)
        #expect(shown.shown(coveredBy: []).alert(.rejected)?.isCovered == false)
        #expect(watched.state.shown(coveredBy: []) == watched.state)
        let explanation = explain(
            shown,
            watched.settings,
            plan: PollPlan(stage: .ready),
            at: start
        )
        #expect(explanation.judgements[0].alert?.nextReminderAt == nil)
        #expect(explanation.coming.isEmpty)
    }

    @Test func `what a host's alert stands for is recorded, and told once it outlasts that`() {
        var watched = Watched(.telling)
        _ = watched.tell(.holding("dns:list"), at: start)
        func refused(_ hours: Int64, covered: Bool) -> [Event] {
            let now = start + .hours(hours)
            var covers = HostStanding()
            if covered { covers.covered.insert(HostTrouble.rejecting) }
            let evaluation = evaluate(
                watched.state,
                .observed(.sample(.rejected("401"), at: now), askedWith: 1),
                watched.settings,
                host: covers,
                at: now,
                ids: &watched.ids
            )
            watched.state = evaluation.state
            return evaluation.events
        }
        let raised = refused(1, covered: true)
        #expect(raised.lines == ["rejected raised critical"])
        #expect(raised[0].channels.isEmpty)
        #expect(refused(2, covered: true).isEmpty)
        #expect(watched.pass(to: start + .hours(3)).isEmpty, "time alone shows nothing")
        let told = refused(4, covered: false)
        #expect(told.lines == ["rejected reminded critical"])
        #expect(told[0].channels == ["ops"])
        #expect(refused(5, covered: false).isEmpty, "it is told once")
        let end = watched.tell(.holding("dns:list"), at: start + .hours(6))
        #expect(end.lines == ["rejected resolved critical"])
        #expect(end[0].channels == ["ops"])
    }

    @Test func `an alert that a host's stood for waits again when the trouble returns`() {
        var watched = Watched(.telling)
        _ = watched.tell(.holding("dns:list"), at: start)
        func refused(_ hours: Int64, _ host: HostStanding) -> Evaluation {
            let evaluation = evaluate(
                watched.state,
                .observed(.sample(.rejected("401"), at: start + .hours(hours)), askedWith: 1),
                watched.settings,
                host: host,
                at: start + .hours(hours),
                ids: &watched.ids
            )
            watched.state = evaluation.state
            return evaluation
        }
        var covers = HostStanding()
        covers.covered.insert(.rejecting)
        #expect(refused(1, covers).events.map(\.channels) == [[]])
        let waiting = refused(2, HostStanding(withheld: .all))
        #expect(waiting.events.isEmpty && waiting.withheld.contains(.rejecting))
        // It is the host's again.
        let covered = refused(3, covers)
        #expect(covered.events.isEmpty && !covered.withheld.contains(.rejecting))
        // It is the token's own.
        var own = HostStanding()
        own.own.insert(.rejecting)
        let evaluation = evaluate(
            watched.state,
            .timePassed,
            watched.settings,
            host: own,
            at: start + .hours(4),
            ids: &watched.ids
        )
        #expect(evaluation.events.lines == ["rejected reminded critical"])
        #expect(evaluation.events.first?.channels == ["ops"])
    }

    @Test func `warnings of the expiry come through while the host rejects everything`() {
        var watched = Watched(.telling)
        let expiry = start + .days(31)
        _ = watched.tell(.expiring(expiry), at: start)
        let covers = HostStanding(covered: .all)
        for now in [start + .hours(1), expiry - .days(20)] {
            let evaluation = evaluate(
                watched.state,
                .observed(.sample(.rejected("401"), at: now), askedWith: 1),
                watched.settings,
                host: covers,
                at: now,
                ids: &watched.ids
            )
            watched.state = evaluation.state
        }
        #expect(Set(watched.state.shownAlerts.map(\.condition)) == [.rejected, .expiring])
        #expect(watched.state.alert(.expiring)?.told == ["ops"])
    }
}

extension Policy {
    /// One that tells a channel.
    static let telling = Policy(
        channels: [ChannelRoute(name: "ops", minimumSeverity: .info)]
    )
}
