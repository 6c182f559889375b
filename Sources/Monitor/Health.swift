import Alerting
import Store
import System

/// Whether the daemon works: the basis of `/healthz` and of heartbeats.
struct Health: Sendable {
    let watch: Watch
    let store: Store
    let courier: Courier
    let clock: @Sendable () -> Now

    /// The longest wait for an answer, shorter than a client's timeout.
    ///
    /// It is longer than a turn of a queue. It is also longer than the store waits for another
    /// program's lock, which the store reports itself.
    static let patience = Store.lockPatience + .seconds(2)

    /// The problems, divided into problems that only a restart fixes and others.
    struct Report: Hashable, Sendable {
        /// Work that stalled.
        var stuck: [String]
        /// Work that continues but fails, such as commits to a full disk.
        var failing: [String] = []

        var all: [String] { stuck + failing }
    }

    /// Checks whether every part responds within `patience`.
    func report(within patience: Duration = Self.patience) async -> Report {
        let (watch, store) = (watch, store)
        // This sends one question only, because each waits for its turn in the watch.
        guard let vitals = await Probe.answer(within: patience, { await watch.vitals() }) else {
            return Report(stuck: ["polling does not answer"])
        }
        var report = Report(stuck: vitals.stuck(at: clock().moment), failing: vitals.failing)
        if store.executor.isStuck(for: patience) {
            report.stuck.append("the store does not answer")
        }
        return report
    }

    /// The problems that are known without the store.
    func known() async -> [String] { await watch.vitals().problems(at: clock().moment) }

    /// Problems that keep the daemon from working; providers and channels do not count.
    func problems() async -> [String] { await report().all }

    /// The same problems, and stuck notifications, which nothing else would report.
    func problemsWithDeliveries() async -> [String] {
        let problems = await problems()
        let outboxProblem = await courier.outboxProblem()
        return problems
            + (await courier.reports()).stuck(at: clock().moment, outboxProblem: outboxProblem)
    }
}
