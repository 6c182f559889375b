package import Alerting

extension Watch {
    /// How the watch gets on with its work, as of now.
    package func vitals() -> Vitals {
        let now = ports.clock()
        return Vitals(
            // What is due is armed for; if it is not, it is late as well.
            timerDue: min(armedFor, engine.schedule.nextMoment(after: now.moment)),
            oldestPoll: flights.values.map(\.callStartedAt).min(),
            pollTimeout: polling.timeout,
            unwrittenSince: commits.unwrittenSince,
            storeProblem: problemOfStore,
            shortage: engine.resources.recentProblem(at: now.moment)
        )
    }

    /// What keeps the watch from doing its work; empty while all is well.
    package func problems() -> [String] { vitals().problems(at: ports.clock().moment) }

    /// The same, divided: what does not go on, and what goes on without success.
    package func troubles() -> (stuck: [String], failing: [String]) {
        let vitals = vitals()
        return (vitals.stuck(at: ports.clock().moment), vitals.failing)
    }
}
