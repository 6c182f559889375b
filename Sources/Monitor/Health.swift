import Alerting

/// Whether the daemon does its work: what `/healthz` answers by, and what a heartbeat is sent by.
struct Health: Sendable {
    let watch: Watch
    let store: Store
    let courier: Courier
    let clock: @Sendable () -> Now

    /// Longer than any turn of a queue takes, and short enough for whoever asks.
    static let patience = Duration.seconds(5)

    /// What is wrong, and what of it only a new start mends.
    struct Report: Hashable, Sendable {
        /// What does not go on.
        var stuck: [String]
        /// What goes on and fails, as a commit to a full disk does.
        var failing: [String] = []

        var all: [String] { stuck + failing }
    }

    /// Asks every part whether it still does its work; one that takes longer than `patience` does not.
    func report(within patience: Duration = Self.patience) async -> Report {
        let (watch, store) = (watch, store)
        guard await Probe.answers(within: patience, { _ = await watch.vitals() }) else {
            return Report(stuck: ["polling does not answer"])
        }
        let troubles = await watch.troubles()
        var report = Report(stuck: troubles.stuck, failing: troubles.failing)
        let storeAnswers = await Probe.answers(within: patience) {
            _ = try? await store.deliveryCounts()
        }
        if !storeAnswers { report.stuck.append("the store does not answer") }
        return report
    }

    /// What is known to be wrong without asking the store.
    func known() async -> [String] { await watch.problems() }

    /// Whatever keeps the daemon from doing its work: providers and channels do not count.
    func problems() async -> [String] { await report().all }

    /// The same, and whatever is not told to a channel: nobody else would say so.
    func problemsWithDeliveries() async -> [String] {
        let problems = await problems()
        let outboxProblem = await courier.outboxProblem()
        return problems
            + (await courier.reports()).stuck(at: clock().moment, outboxProblem: outboxProblem)
    }
}
