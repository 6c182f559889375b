import Alerting
import Testing

struct VitalsTests {
    private let now = Moment(milliseconds: 10_000_000)
    private let well = Vitals(
        timerDue: .never,
        oldestPoll: nil,
        pollTimeout: .seconds(15),
        unwrittenSince: nil,
        storeProblem: nil
    )

    /// What is wrong if something has gone on for just under, exactly and just over a time.
    private func around(
        _ limit: Duration,
        _ set: (inout Vitals, Moment) -> Void
    ) -> [[String]] {
        [Int64(-1), 0, 1].map { step in
            var vitals = well
            let since = now.milliseconds - limit.milliseconds - step
            set(&vitals, Moment(milliseconds: since))
            return vitals.problems(at: now)
        }
    }

    @Test func `a daemon with nothing to do is well`() {
        #expect(well.problems(at: now).isEmpty)
        var waiting = well
        waiting.timerDue = now + .hours(1)
        waiting.oldestPoll = now
        waiting.unwrittenSince = now
        #expect(waiting.problems(at: now).isEmpty)
    }

    @Test func `what this machine lacks for polls is a problem, and no new start helps`() {
        var lacking = well
        lacking.shortage = "this process has too many open files"
        let words = ["no token can be polled: this process has too many open files"]
        #expect(lacking.problems(at: now) == words)
        #expect(lacking.stuck(at: now).isEmpty)
    }

    @Test func `a timer a minute late does not run`() {
        let late = ["the timer is 1 min late"]
        #expect(around(.minutes(1)) { $0.timerDue = $1 } == [[], late, late])
    }

    @Test func `a poll that goes on for a minute behind its timeout does not end`() {
        let stuck = ["a poll has not ended for 1 min 15 s, with a timeout of 15 s"]
        #expect(around(.seconds(75)) { $0.oldestPoll = $1 } == [[], stuck, stuck])
    }

    @Test func `what was decided a minute ago and is not written is a problem`() {
        let late = ["nothing was written for 1 min"]
        #expect(around(.minutes(1)) { $0.unwrittenSince = $1 } == [[], late, late])
    }

    @Test func `a commit that fails is no reason for a new start, and one that never ends is`() {
        let since = Moment(milliseconds: now.milliseconds - 120_000)
        var vitals = well
        vitals.unwrittenSince = since
        #expect(vitals.stuck(at: now) == ["nothing was written for 2 min"])
        vitals.storeProblem = "disk full"
        #expect(vitals.stuck(at: now).isEmpty)
        vitals.timerDue = since
        vitals.oldestPoll = since
        #expect(vitals.stuck(at: now).count == 2)
    }

    @Test func `a failed commit is a problem at once, and told once`() {
        var vitals = well
        vitals.storeProblem = "disk full"
        #expect(vitals.problems(at: now) == ["the state cannot be written: disk full"])
        vitals.unwrittenSince = Moment(milliseconds: 0)
        #expect(vitals.problems(at: now) == ["the state cannot be written: disk full"])
    }

    @Test func `everything that is wrong is said`() {
        let long = Moment(milliseconds: 0)
        let vitals = Vitals(
            timerDue: long,
            oldestPoll: long,
            pollTimeout: .seconds(15),
            unwrittenSince: long,
            storeProblem: nil
        )
        #expect(vitals.problems(at: now).count == 3)
    }
}
