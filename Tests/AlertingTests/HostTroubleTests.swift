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
        (3, 12, "it holds for 3 of 12 tokens only"),
        (4, 4, "it holds for all 4 tokens asked there: too few to speak of the host"),
        (1, 1, "it holds for the one token asked there: too few to speak of the host"),
    ])
    func `an alert of a host that ends for few says of how many`(
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
        #expect(inquiry.isHosts(at: moment) == one.isHosts)
    }

    @Test func `a sample stands for all that were not asked`() {
        func inquiry(failing: Int, of sampled: Int, known: Int) -> Bool? {
            var inquiry = HostInquiry(
                .unreachable,
                of: 0,
                known: known,
                others: 400 - known,
                sample: Array(1...sampled),
                at: moment
            )
            for slot in 1...sampled { inquiry.note(slot, isInTrouble: slot <= failing) }
            return inquiry.isHosts(at: moment)
        }
        #expect(inquiry(failing: 32, of: 32, known: 1) == true)
        #expect(inquiry(failing: 16, of: 32, known: 1) == true)
        #expect(inquiry(failing: 15, of: 32, known: 1) == false)
        // Thirty-four that failed for reasons of their own are no tenth of the host.
        #expect(inquiry(failing: 0, of: 32, known: 34) == false)
    }

    @Test
    func `an inquiry ends when it is not the host, when all answered, or at its deadline`() {
        func inquiry() -> HostInquiry {
            HostInquiry(.rejecting, of: 0, known: 1, others: 9, sample: Array(1...9), at: moment)
        }
        var failing = inquiry()
        for slot in 1...3 { failing.note(slot, isInTrouble: true) }
        #expect(failing.isHosts(at: moment) == nil)
        failing.note(4, isInTrouble: true)
        // It is the host's whatever the others say, but how many it stands for is not known.
        #expect(failing.isHosts(at: moment) == nil)
        #expect(failing.isHosts(at: moment + HostInquiry.patience) == true)
        for slot in 5...9 { failing.note(slot, isInTrouble: true) }
        #expect(failing.isHosts(at: moment) == true)
        var well = inquiry()
        for slot in 1...5 { well.note(slot, isInTrouble: false) }
        #expect(well.isHosts(at: moment) == nil)
        well.note(6, isInTrouble: false)
        #expect(well.isHosts(at: moment) == false)
        var slow = inquiry()
        for slot in 1...3 { slow.note(slot, isInTrouble: true) }
        slow.note(1, isInTrouble: true)
        let deadline = moment + HostInquiry.patience
        #expect(slow.isHosts(at: Moment(milliseconds: deadline.milliseconds - 1)) == nil)
        #expect(slow.isHosts(at: deadline) == false)
        slow.note(4, isInTrouble: true)
        #expect(slow.isHosts(at: deadline) == true)
    }

    @Test func `a host is well when most of those asked are`() {
        var recovery = HostRecovery(.unreachable, sample: [1, 2, 3, 4], at: moment)
        recovery.note(1, isInTrouble: true)
        recovery.note(2, isInTrouble: false)
        #expect(recovery.isWell(at: moment) == nil)
        recovery.note(3, isInTrouble: false)
        #expect(recovery.isWell(at: moment) == true)
        var lone = HostRecovery(.unreachable, sample: [1, 2, 3], at: moment)
        for slot in 1...3 { lone.note(slot, isInTrouble: true) }
        #expect(lone.isWell(at: moment) == false)
        #expect(HostRecovery(.rejecting, sample: [], at: moment).isWell(at: moment) == true)
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
