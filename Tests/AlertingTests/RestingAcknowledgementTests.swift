import Testing

@testable import Alerting

struct RestingAcknowledgementTests {
    private func stands(ended: Instant, until: Instant, at now: Instant) -> Bool {
        RestingAcknowledgement(
            condition: .rejected,
            severity: .critical,
            endedAt: ended,
            acknowledgement: Acknowledgement(by: "ann", reason: "known", until: until)
        ).stands(at: now)
    }

    @Test func `it stands for an hour, also after a clock that was ahead, and not past its end`() {
        let long = start + .days(9)
        #expect(stands(ended: start, until: long, at: start + .hours(1)))
        #expect(!stands(ended: start, until: long, at: start + .hours(1) + .milliseconds(1)))
        #expect(stands(ended: start + .hours(1), until: long, at: start))
        #expect(!stands(ended: start + .hours(1) + .milliseconds(1), until: long, at: start))
        #expect(stands(ended: start, until: start + .milliseconds(1), at: start))
        #expect(!stands(ended: start, until: start, at: start))
    }

    @Test func `it does not stand for an alert that is worse`() {
        let resting = RestingAcknowledgement(
            condition: .unreachable,
            severity: .warning,
            endedAt: start,
            acknowledgement: Acknowledgement(by: "ann", reason: "known", until: start + .days(1))
        )
        #expect([resting].standing(for: .unreachable, .warning, at: start) != nil)
        #expect([resting].standing(for: .unreachable, .critical, at: start) == nil)
        #expect([resting].standing(for: .rejected, .warning, at: start) == nil)
    }
}
