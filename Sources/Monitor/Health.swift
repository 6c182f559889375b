import Alerting

/// Whether the daemon does its work: what `/healthz` answers by, and what a heartbeat is sent by.
struct Health: Sendable {
    let watch: Watch
    let store: Store
    let courier: Courier
    let clock: @Sendable () -> Instant

    /// Longer than any turn of a queue takes, and short enough for whoever asks.
    private static let patience = Duration.seconds(5)

    /// Whatever keeps the daemon from doing its work: providers and channels do not count.
    func problems() async -> [String] {
        let (watch, store) = (watch, store)
        guard await Probe.answers(within: Self.patience, { _ = await watch.vitals() }) else {
            return ["polling does not answer"]
        }
        var problems = await watch.problems()
        let storeAnswers = await Probe.answers(within: Self.patience) {
            _ = try? await store.deliveryCounts()
        }
        if !storeAnswers { problems.append("the store does not answer") }
        return problems
    }

    /// The same, and whatever is not told to a channel: nobody else would say so.
    func problemsWithDeliveries() async -> [String] {
        let problems = await problems()
        let outboxProblem = await courier.outboxProblem()
        return problems
            + (await courier.reports()).stuck(at: clock(), outboxProblem: outboxProblem)
    }
}
