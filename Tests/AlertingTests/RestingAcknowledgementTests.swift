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

    @Test func `each condition keeps only the acknowledgement that ended last`() {
        func acknowledgement(_ name: String) -> Acknowledgement {
            Acknowledgement(by: name, reason: "known", until: start + .days(1))
        }
        let before = [Condition.rejected, .unreachable].map {
            RestingAcknowledgement(
                condition: $0,
                severity: .critical,
                endedAt: start,
                acknowledgement: acknowledgement("ann")
            )
        }
        let ended = Alert(
            condition: .rejected,
            id: EventID(high: 0, low: 1),
            severity: .critical,
            since: start,
            acknowledgement: acknowledgement("bob")
        )
        let resting = before.resting(ended: [ended], without: [], at: start + .minutes(1))
        #expect(
            resting.map { "\($0.condition.rawValue) \($0.acknowledgement.by)" }
                == ["unreachable ann", "rejected bob"]
        )
    }
}
