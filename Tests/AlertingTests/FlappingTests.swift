import Alerting
import Testing

@Suite
struct FlappingTests {
    private static let broken = Observation.Answer.malformed("no JSON")

    /// A token that is malformed every twenty minutes, and well ten minutes later.
    private static func told(for duration: Duration) -> [String] {
        var watched = Watched()
        var told: [String] = []
        var now = start
        while now < start + duration {
            told += watched.answer(broken, at: now).lines
            told += watched.tell(.holding("dns:list"), at: now + .minutes(10)).lines
            now = now + .minutes(20)
        }
        return told
    }

    @Test func `what comes and goes is told a bounded number of times, and in pairs`() {
        let day = Self.told(for: .days(1))
        #expect(day.count <= 18, "\(day)")
        #expect(
            day.prefix(6).map { $0.split(separator: " ")[1] } == [
                "raised", "resolved", "raised", "resolved", "raised", "resolved",
            ]
        )
        #expect(Self.told(for: .days(7)).count <= 7 * 18)
    }

    @Test func `the fourth time within a day it ends once it was clear for a minute`() {
        var watched = Watched()
        for hour in 0..<3 {
            let now = start + .hours(Int64(hour))
            #expect(watched.answer(Self.broken, at: now).lines == ["malformed raised warning"])
            let end = watched.tell(.holding("a:b"), at: now + .seconds(1)).lines
            #expect(end == ["malformed resolved warning"])
        }
        let fourth = start + .hours(3)
        #expect(watched.answer(Self.broken, at: fourth).lines == ["malformed raised warning"])
        #expect(watched.tell(.holding("a:b"), at: fourth + .seconds(1)).isEmpty)
        #expect(watched.tell(.holding("a:b"), at: fourth + .milliseconds(60_999)).isEmpty)
        let end = watched.tell(.holding("a:b"), at: fourth + .seconds(61)).lines
        #expect(end == ["malformed resolved warning"])
        // The first is a day ago by then, and counts no more.
        let later = start + .days(1) + .minutes(1)
        #expect(watched.answer(Self.broken, at: later).lines == ["malformed raised warning"])
        #expect(watched.tell(.holding("a:b"), at: later + .seconds(1)).isEmpty, "it is the fourth")
    }

    @Test func `what comes back while it is waited for is the same alert`() {
        var watched = Watched()
        for minute in 0..<4 {
            let now = start + .minutes(Int64(minute))
            _ = watched.answer(Self.broken, at: now)
            _ = watched.tell(.holding("a:b"), at: now + .seconds(1))
        }
        let id = watched.state.alert(.malformed)?.id
        #expect(id != nil)
        #expect(watched.answer(Self.broken, at: start + .minutes(4)).isEmpty)
        #expect(watched.state.alert(.malformed)?.id == id)
        #expect(watched.tell(.holding("a:b"), at: start + .minutes(5)).isEmpty, "it begins anew")
        #expect(watched.tell(.holding("a:b"), at: start + .minutes(6)).count == 1)
    }

    @Test func `a refusal is told each time`() {
        var watched = Watched()
        for hour in 0..<8 {
            let now = start + .hours(Int64(hour))
            #expect(watched.answer(.rejected("401"), at: now).count == 1)
            #expect(watched.tell(.holding("a:b"), at: now + .minutes(30)).count == 1)
        }
    }
}
