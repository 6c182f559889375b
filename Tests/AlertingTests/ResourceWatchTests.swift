import Testing

@testable import Alerting

struct ResourceWatchTests {
    private func at(_ seconds: Int64) -> Moment { Moment(milliseconds: seconds * 1000) }

    @Test func `polls that lack something are one alert, which ends a minute after the last`() {
        var watch = ResourceWatch()
        #expect(watch.recentProblem(at: at(0)) == nil && watch.endsAt == .never)
        let finding = watch.lacked("no files", at: at(0))
        #expect(finding.condition == .outOfResources && finding.severity == .critical)
        #expect(finding.summary == "tokenwatchd cannot poll: no files")
        watch.polled()
        #expect(watch.recentProblem(at: at(1)) == nil, "the daemon is healthy again")
        #expect(watch.lacked("no files", at: at(30)) == finding)
        #expect(watch.recentProblem(at: at(31)) == "no files")
        let isEarly = watch.hasEnded(at: at(89))
        #expect(!isEarly && watch.endsAt == at(90))
        let hasEnded = watch.hasEnded(at: at(90))
        #expect(hasEnded && watch.endsAt == .never)
        let endsAgain = watch.hasEnded(at: at(500))
        #expect(!endsAgain)
    }

    @Test func `an alert of an earlier run ends a minute after the start`() {
        var watch = ResourceWatch()
        watch.resume(at: at(5))
        #expect(watch.recentProblem(at: at(6)) == nil)
        let isEarly = watch.hasEnded(at: at(64))
        let hasEnded = watch.hasEnded(at: at(65))
        #expect(!isEarly && hasEnded)
    }
}
