import Testing

@testable import Alerting

/// The clocks of a machine, and what the watch makes of them.
private struct Machine {
    /// What the wall clock shows beyond the time that has really passed.
    var ahead: Duration = .zero
    var isSynchronised = false
    private(set) var passed: Duration = .zero
    var clock: ClockWatch

    init(limits: ClockEvidence.Limits = .init(), dispute: ClockWatch.Dispute? = nil) {
        clock = ClockWatch(
            at: Now(instant: start, moment: Moment(milliseconds: 5000)),
            limits: limits,
            dispute: dispute
        )
    }

    var moment: Moment { Moment(milliseconds: 5000) + passed }
    /// The true time.
    var truth: Instant { start + passed }
    /// The time that counts.
    var now: Instant { clock.base.instant(at: moment) }
    var summary: String { clock.finding?.summary ?? "" }

    private mutating func decide() {
        clock.decide(at: moment) { [isSynchronised] _ in isSynchronised }
    }

    /// Takes a turn, as the daemon does whenever a timer fires; returns whether hosts are polled for it.
    @discardableResult
    mutating func turn(after duration: Duration = .zero) -> Bool {
        passed += duration
        let isSet = clock.read(Now(instant: truth + ahead, moment: moment))
        decide()
        return isSet
    }

    /// An answer of a host whose clock is so far ahead of the true time.
    mutating func answer(_ host: String, ahead: Duration = .zero, facts: Facts? = nil) {
        turn()
        if let evidence = ClockEvidence(date: truth + ahead, age: nil, facts: facts) {
            clock.note(host, evidence, at: moment)
        }
        decide()
    }
}

@Suite
struct ClockWatchTests {
    @Test func `a record that a clock ahead has written does not make right dates incredible`() {
        // The record was written by a clock 40 days ahead, which this run began with.
        for isSynchronised in [false, true] {
            var machine = Machine(
                limits: .init(newestStored: start),
                dispute: .init(hosts: ["a.example"], belief: .local)
            )
            machine.isSynchronised = isSynchronised
            machine.answer("a.example", ahead: .zero - .days(40))
            #expect(!machine.clock.isDisproved, "its date is more than a day before the record")
            machine.ahead = .zero - .days(40)
            machine.turn(after: .seconds(1))
            machine.turn(after: ClockWatch.longestDoubt)
            machine.answer("a.example", ahead: .zero - .days(40))
            #expect(machine.now == machine.truth - .days(40))
            #expect(machine.clock.isDisproved && machine.clock.finding == nil)
        }
    }

    @Test func `a clock that is set 400 days ahead moves nothing, and an answer shows it`() {
        var machine = Machine()
        machine.answer("a.example")
        machine.ahead = .days(400)
        let isSet = machine.turn()
        #expect(isSet, "hosts are to be polled")
        #expect(machine.now == machine.truth)
        #expect(machine.clock.finding == nil, "nothing is known yet")
        machine.turn(after: .seconds(1))
        machine.answer("a.example")
        #expect(machine.now == machine.truth)
        #expect(machine.clock.belief == .hosts)
        #expect(
            machine.summary
                == "tokenwatchd: this machine's clock is wrong, 400 d ahead; using the clock of "
                + "a.example"
        )
        #expect(
            machine.clock.lead
                == "This machine's clock is wrong, 400 d ahead; times use the clock of a.example."
        )
    }

    @Test func `a clock that is put right again resolves at once what hosts have said of it`() {
        var machine = Machine()
        machine.ahead = .hours(2)
        machine.turn()
        machine.answer("a")
        #expect(machine.clock.belief == .hosts && !machine.clock.isDisproved)
        machine.ahead = .seconds(1)
        machine.turn(after: .minutes(5))
        #expect(machine.clock.belief == .local && machine.clock.isDisproved)
        #expect(machine.now == machine.truth + .seconds(1))
        #expect(machine.clock.lead == nil)
    }

    @Test func `a step that nobody explains counts after ten minutes without an answer`() {
        var machine = Machine()
        machine.answer("a")
        machine.ahead = .hours(2)
        machine.turn()
        machine.turn(after: .minutes(10) - .milliseconds(1))
        #expect(machine.now == machine.truth)
        machine.turn(after: .milliseconds(1))
        #expect(machine.now == machine.truth + .hours(2))
        #expect(machine.clock.finding == nil)
    }

    @Test func `a step that an answer confirms counts at once`() {
        var machine = Machine()
        machine.answer("a")
        machine.answer("b")
        // A virtual machine was paused: the clock that never steps stood still too.
        machine.ahead = .hours(2)
        machine.turn()
        machine.answer("a", ahead: .hours(2))
        #expect(machine.clock.belief == .local)
        #expect(machine.now == machine.truth + .hours(2))
        #expect(machine.clock.finding == nil, "what b said before is of no use now")
    }

    @Test func `a synchronised clock counts at once, and the host that differs is named`() {
        var machine = Machine()
        machine.isSynchronised = true
        machine.ahead = .hours(2)
        machine.turn()
        #expect(machine.now == machine.truth + .hours(2))
        machine.answer("a.example", ahead: .hours(2) + .minutes(10))
        #expect(machine.clock.belief == .local && machine.clock.lead == nil)
        #expect(
            machine.summary
                == "tokenwatchd: the clock of a.example is 10 min ahead of this machine's; using "
                + "this machine's clock"
        )
    }

    @Test func `a host that differs where another agrees is the one that is wrong`() {
        var machine = Machine()
        machine.answer("b.example")
        machine.answer("a.example", ahead: .hours(-1))
        #expect(machine.now == machine.truth)
        #expect(
            machine.summary
                == "tokenwatchd: the clock of a.example is 1 h behind this machine's, which agrees "
                + "with that of another host; using this machine's clock"
        )
        machine.answer("a.example")
        #expect(machine.clock.finding == nil && machine.clock.isDisproved)
    }

    @Test func `where nothing decides, the clocks of a host and of the machine bound the time`() {
        var machine = Machine()
        machine.answer("a", ahead: .hours(3))
        machine.answer("b", ahead: .hours(-1))
        #expect(machine.clock.belief == .none)
        // The hosts that answered first were believed until the other contradicted.
        let base = machine.now - machine.truth
        #expect(
            machine.clock.spread(of: "b")
                == ClockSpread(behind: base + .hours(1), ahead: .zero - base)
        )
        #expect(machine.clock.spread(of: "c").behind == base + .hours(1))
        machine.isSynchronised = true
        machine.turn(after: .seconds(1))
        #expect(machine.clock.belief == .local && machine.clock.spread(of: "b") == .none)
    }

    @Test func `small steps and slewing are followed`() {
        var machine = Machine()
        for _ in 0..<100 {
            machine.ahead += .minutes(2)
            let isSet = machine.turn(after: .minutes(1))
            #expect(!isSet)
            #expect(machine.now == machine.truth + machine.ahead)
        }
        machine.ahead += .minutes(2) + .milliseconds(1)
        let isSet = machine.turn()
        #expect(isSet)
    }

    @Test func `a clock before the newest entry, or thirty days past it, is doubted at the start`()
    {
        for (stored, isDoubted) in [
            (start + .minutes(2), false), (start + .minutes(2) + .milliseconds(1), true),
            (start - .days(30) + .milliseconds(1), false), (start - .days(30), true),
        ] {
            let machine = Machine(limits: .init(newestStored: stored))
            let clock = machine.clock
            #expect(machine.now == (isDoubted ? stored : start), "\(stored)")
            #expect((clock.doubt != nil) == isDoubted, "\(stored)")
            #expect((clock.finding != nil) == isDoubted)
        }
        #expect(Machine().clock.doubt == nil)
    }

    @Test func `a doubt ends with the first answer, a synchronised clock, or after ten minutes`() {
        let doubted = Machine(limits: .init(newestStored: start - .days(60)))
        var answered = doubted
        answered.answer("a", ahead: .days(-50))
        #expect(answered.clock.doubt == nil && answered.clock.belief == .hosts)
        #expect(answered.now == answered.truth - .days(50))
        let beginning = "tokenwatchd: this machine's clock showed 2026-06-01 00:00 UTC at the start"
        #expect(doubted.summary.hasPrefix(beginning))
        #expect(
            doubted.summary.hasSuffix(
                "; the daemon judges nothing until a provider's clock decides, at most 10 min"
            )
        )
        var agreed = doubted
        agreed.answer("a")
        #expect(agreed.clock.doubt == nil && agreed.clock.isDisproved)
        var synchronised = doubted
        synchronised.isSynchronised = true
        synchronised.turn()
        #expect(synchronised.clock.doubt == nil && synchronised.clock.finding == nil)
        var waited = doubted
        waited.turn(after: .minutes(10) - .milliseconds(1))
        #expect(waited.clock.doubt != nil)
        waited.turn(after: .milliseconds(1))
        #expect(waited.clock.doubt == nil && waited.clock.belief == .local)
    }

    @Test func `a record that a wrong clock wrote does not silence hosts for ever`() {
        var machine = Machine(limits: .init(newestStored: start + .days(400)))
        machine.answer("a")
        #expect(machine.clock.doubt != nil, "its date is more than a day before the record")
        machine.turn(after: .minutes(10))
        #expect(machine.clock.doubt == nil)
        machine.answer("a", ahead: .hours(1))
        #expect(machine.clock.finding != nil)
    }

    @Test func `what an earlier run found wrong stays so until that host answers`() {
        let dispute = ClockWatch.Dispute(hosts: ["a"], belief: .local)
        var machine = Machine(dispute: dispute)
        machine.turn()
        #expect(!machine.clock.isDisproved)
        machine.answer("b")
        #expect(!machine.clock.isDisproved, "another host disproves nothing")
        var right = machine
        right.answer("a")
        #expect(right.clock.isDisproved)
        machine.answer("a", ahead: .minutes(10))
        #expect(!machine.clock.isDisproved && machine.clock.finding != nil)
        machine.clock.keep(hosts: ["b"])
        #expect(machine.clock.isDisproved, "it is not polled any more")
    }

    @Test func `a clock that was wrong when the last run ended is doubted at the start`() {
        let hosts = ClockWatch.Dispute(hosts: ["a"], belief: .hosts)
        #expect(Machine(dispute: hosts).clock.doubt != nil)
        let local = ClockWatch.Dispute(hosts: ["a"], belief: .local)
        #expect(Machine(dispute: local).clock.doubt == nil)
    }

    @Test func `dates that no clock can show say nothing`() {
        var machine = Machine(limits: .init(build: start - .days(1)))
        machine.answer("a", ahead: .days(-32 * 365))
        machine.answer("b", ahead: .hours(-1), facts: Facts(createdAt: machine.truth))
        #expect(machine.clock.finding == nil && machine.clock.belief == .local)
        #expect(machine.now == machine.truth)
    }

    @Test func `extreme dates overflow nothing`() {
        for instant in [Instant(milliseconds: .min), Instant(milliseconds: .max)] {
            var clock = ClockWatch(at: Now(instant: start, moment: Moment(milliseconds: 5000)))
            let evidence = ClockEvidence(date: instant, age: "86400", facts: nil)
            if let evidence { clock.note("a", evidence, at: Moment(milliseconds: .max)) }
            clock.decide(at: Moment(milliseconds: .max)) { _ in false }
            _ = clock.read(Now(instant: instant, moment: Moment(milliseconds: .min)))
            #expect(clock.finding?.condition != .expired)
        }
    }
}
