import Testing

@testable import Alerting

/// Who used a token, by the answers that show when.
struct LastUseAnswerTests {
    private func window(_ hour: Int64) -> PollWindow {
        let asked = start + .hours(hour)
        return PollWindow(from: asked - .seconds(2), to: asked + .seconds(3))
    }

    /// No instant that anything is rounded to.
    private let used = start + .hours(5) + .minutes(7) + .seconds(13)

    private func by(after lastAnswered: PollWindow?, isFirst: Bool) -> LastUse.By? {
        var use = LastUse()
        use.lastAnswered = lastAnswered
        use.answered(
            window(6),
            at: start + .hours(6),
            old: start + .hours(1),
            new: used,
            isFirst: isFirst
        )
        return use.by
    }

    @Test func `a use between two answers is someone else's, and one before the first is unknown`()
    {
        #expect(by(after: window(5), isFirst: false) == .elsewhere)
        #expect(by(after: nil, isFirst: false) == .unknown)
        #expect(by(after: window(5), isFirst: true) == .unknown)
        #expect(by(after: nil, isFirst: true) == .unknown)
    }
}
