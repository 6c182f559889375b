/// The state of the store, which has an alert of the daemon.
extension Engine {
    /// Records the result of a commit: its error, or nil.
    package mutating func noteStore(problem: String?, at now: Now) {
        let before = storeProblem
        storeProblem = problem
        let isOpen = subjects.isOpen(.storeFailing, of: .daemon)
        guard problem != nil || before != nil || isOpen else { return }
        judgeStore(at: now)
    }

    /// Records the finding about unreadable rows, until the next start.
    package mutating func note(unreadable finding: Finding?, at now: Now) {
        unreadable = finding
        judgeStore(at: now)
    }

    private mutating func judgeStore(at now: Now) {
        let finding = storeProblem.map { problem in
            Finding(
                .storeFailing,
                .critical,
                "tokenwatchd: the state cannot be written: \(problem); watching continues in memory",
                details: [Detail("error", problem)]
            )
        }
        let findings = [finding ?? unreadable].compactMap(\.self)
        judge(.daemon, [.storeFailing], findings, at: now) { _ in
            "the state is read and written again"
        }
    }
}
