import Alerting
import Testing

@Suite
struct ClockEvidenceTests {
    private func time(
        _ date: Instant,
        age: String? = nil,
        facts: Facts? = nil,
        local: Instant = start,
        build: Instant? = nil,
        newest: Instant? = nil
    ) -> Instant? {
        ClockEvidence(date: date, age: age, facts: facts)?.time(
            nearest: local,
            within: ClockEvidence.Limits(build: build, newestStored: newest)
        )
    }

    @Test func `a date before this build is no evidence`() {
        #expect(time(start - .milliseconds(1), build: start) == nil)
        #expect(time(start, build: start) == start)
    }

    @Test func `a date more than a day before the newest entry of the record is no evidence`() {
        let newest = start + .days(1)
        #expect(time(start - .milliseconds(1), newest: newest) == nil)
        #expect(time(start, newest: newest) == start)
    }

    @Test func `a date before a timestamp of the same answer is no evidence`() {
        for (facts, isEvidence) in [
            (Facts(createdAt: start + .minutes(2)), true),
            (Facts(createdAt: start + .minutes(2) + .milliseconds(1)), false),
            (Facts(expiry: .never, lastUsedAt: start + .minutes(2)), true),
            (Facts(expiry: .never, lastUsedAt: start + .minutes(3)), false),
            (Facts(expiry: .at(start + .days(9))), true),
        ] {
            #expect((time(start, facts: facts) != nil) == isEvidence, "\(facts)")
        }
    }

    @Test func `the time of a cached answer lies between its date and its date plus its age`() {
        #expect(time(start - .minutes(10), age: "600") == start)
        #expect(time(start - .minutes(10), age: "900") == start)
        #expect(time(start - .minutes(10), age: "300") == start - .minutes(5))
        // A cache that refreshes the date.
        #expect(time(start, age: "600") == start)
        #expect(time(start + .hours(1), age: "600") == start + .hours(1))
    }

    @Test func `an answer that a cache kept for a day is evidence`() {
        #expect(time(start - .hours(24), age: "86400") == start)
    }

    @Test(arguments: ["", "-1", "1.5", "86401", "99999999999999999999", "x"])
    func `an answer with an age that is too long or cannot be read is no evidence`(age: String) {
        #expect(time(start, age: age) == nil)
    }

    @Test func `a synchronised clock is right, whatever hosts say`() {
        #expect(
            ClockVerdict(ahead: [.hours(1), .hours(1)], isSynchronised: true) == .local
        )
    }

    @Test func `a host that agrees with the local clock shows that the others are wrong`() {
        #expect(ClockVerdict(ahead: [.hours(1), .zero], isSynchronised: false) == .local)
        #expect(ClockVerdict(ahead: [], isSynchronised: false) == .local)
    }

    @Test func `hosts that agree with each other show that the local clock is wrong`() {
        #expect(
            ClockVerdict(ahead: [.hours(-2)], isSynchronised: false) == .hosts(ahead: .hours(-2))
        )
        #expect(
            ClockVerdict(ahead: [.minutes(61), .minutes(60), .minutes(62)], isSynchronised: false)
                == .hosts(ahead: .minutes(61))
        )
    }

    @Test func `hosts that differ from each other and from the local clock decide nothing`() {
        let near = [Duration.hours(1), .hours(1) + .seconds(121)]
        #expect(ClockVerdict(ahead: near, isSynchronised: false) != .none)
        let far = [Duration.hours(1), .hours(1) + .milliseconds(121_001)]
        #expect(ClockVerdict(ahead: far, isSynchronised: false) == .none)
    }

    @Test func `two minutes between two clocks are borne`() {
        for (ahead, agrees) in [
            (Duration.seconds(120), true), (.milliseconds(120_001), false),
            (.seconds(-121), true), (.milliseconds(-121_001), false),
        ] {
            #expect(clocksAgree(ahead) == agrees, "\(ahead)")
        }
    }
}
