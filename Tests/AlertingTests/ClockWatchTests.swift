import Alerting
import Testing

@Suite
struct ClockWatchTests {
    private let now = Now(instant: start, moment: Moment(milliseconds: 5000))

    @Test func `two minutes between two clocks are borne, more are said`() {
        for (ahead, isWrong) in [
            (Duration.seconds(120), false), (.milliseconds(120_001), true),
            (.seconds(-121), false), (.milliseconds(-121_001), true),
        ] {
            var clock = ClockWatch()
            let isNews = clock.note("a", says: start + ahead, at: start)
            #expect(isNews == isWrong, "\(ahead)")
            #expect((clock.finding(at: start) != nil) == isWrong, "\(ahead)")
        }
    }

    @Test func `it is said who is ahead of whom, who agrees, and which clock is believed`() {
        var clock = ClockWatch()
        let news = [
            clock.note("b.example", says: start, at: start),
            clock.note("a.example", says: start - .hours(1), at: start),
            // It is said already.
            clock.note("a.example", says: start - .hours(2), at: start),
        ]
        #expect(news == [false, true, false])
        #expect(
            clock.finding(at: start)?.summary
                == "tokenwatchd: the clock of this machine is 2 h ahead of that of a.example, and "
                + "agrees with that of another host; this machine's is believed"
        )
        let agrees = clock.note("a.example", says: start, at: start)
        #expect(agrees)
        #expect(clock.finding(at: start) == nil)
    }

    @Test func `a host that is not asked any more says nothing`() {
        var clock = ClockWatch()
        _ = clock.note("a", says: start - .hours(1), at: start)
        clock.keep(hosts: ["b"])
        #expect(clock.finding(at: start) == nil)
    }

    @Test func `a clock before the newest entry, or thirty days past it, is doubted at the start`()
    {
        for (stored, isDoubted) in [
            (start + .minutes(2), false), (start + .minutes(2) + .milliseconds(1), true),
            (start - .days(30) + .milliseconds(1), false), (start - .days(30), true),
        ] {
            let clock = ClockWatch(newestStored: stored, at: now)
            #expect((clock.doubt != nil) == isDoubted, "\(stored)")
            #expect((clock.finding(at: start) != nil) == isDoubted)
        }
        #expect(ClockWatch(newestStored: nil, at: now).doubt == nil)
    }

    @Test func `a doubt ends with a clock that agrees, or after ten minutes`() {
        let doubted = ClockWatch(newestStored: start - .days(60), at: now)
        var agreed = doubted
        let isWrong = agreed.note("a", says: start + .days(9), at: start)
        #expect(isWrong && agreed.doubt != nil)
        let isRight = agreed.note("a", says: start, at: start)
        #expect(isRight)
        #expect(agreed.doubt == nil && agreed.finding(at: start) == nil)
        var waited = doubted
        _ = waited.note("a", says: start - .days(9), at: start)
        let end = now.moment + .minutes(10)
        let ends = [
            waited.endDoubt(at: Moment(milliseconds: end.milliseconds - 1)),
            waited.endDoubt(at: end),
        ]
        #expect(ends == [false, true])
        let said = waited.finding(at: start)?.summary ?? ""
        #expect(said.hasSuffix("this machine's is believed"), "\(said)")
    }

    @Test func `a clock that is set is judged by what others said before, at once`() {
        var clock = ClockWatch()
        _ = clock.read(now)
        _ = clock.note("a", says: start + .days(60), at: start)
        #expect(clock.finding(at: start) != nil)
        let later = now.moment + .minutes(5)
        // Time that has only passed is no step.
        let passed = Now(instant: start + .minutes(5) + .seconds(1), moment: later)
        let isNews = clock.read(passed)
        #expect(!isNews)
        #expect(clock.finding(at: passed.instant) != nil)
        let set = Now(instant: start + .days(60) + .minutes(5), moment: later)
        let isRight = clock.read(set)
        #expect(isRight)
        #expect(clock.finding(at: set.instant) == nil)
        // And back again.
        let isWrong = clock.read(Now(instant: start, moment: later))
        #expect(isWrong)
        #expect(clock.finding(at: start) != nil)
    }
}
