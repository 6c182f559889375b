package import Alerting
import CLinux

/// Who waits for a commit, and how the last one went.
struct Commits {
    /// `run`, while it waits for something to commit.
    var loop: CheckedContinuation<Void, Never>?
    /// Who waits for the next commit, and is told why it failed.
    var waiters: [CheckedContinuation<String?, Never>] = []
    /// Whether `run` has returned: nothing more is written.
    var hasEnded = false
    /// Why the last commit failed; nil when it did not.
    var problem: String?
    /// The rows of the state that could not be read in this run.
    var unreadable = UnreadableRows()
    /// Since when something waits to be written; nil while nothing does.
    var unwrittenSince: Moment?

    /// Answers those who wait: why the commit failed, nil where it did not.
    static func answer(_ waiters: [CheckedContinuation<String?, Never>], problem: String?) {
        for waiter in waiters { waiter.resume(returning: problem) }
    }
}

/// Writes what is decided.
extension Watch {
    /// Events in memory while the store fails; some 2 KiB each.
    private static let mostUnwrittenEvents = 10_000

    /// From so many states in one commit on, some 600 KiB, it is worth tidying up after it.
    private static let muchToWrite = 500

    func wakeCommitter() {
        let hasPending = !engine.pending.isEmpty
        guard isStopping || hasPending else { return }
        if commits.unwrittenSince == nil, hasPending {
            commits.unwrittenSince = ports.clock().moment
        }
        commits.loop?.resume()
        commits.loop = nil
    }

    /// Commits what is decided, until `stop`: nothing is told before it is written.
    ///
    /// A commit that fails is tried again and loses nothing. Meanwhile events are sent from memory.
    ///
    /// - Parameters:
    ///   - write: one transaction.
    ///   - committed: told of the events that are on the disk.
    ///   - failed: told why they are not, and how many events there was no more room for.
    ///   - send: tells channels of events that cannot be written; returns who was.
    package func run(
        commit write: @Sendable (Commit) async throws -> Void,
        committed: @Sendable ([Event]) async -> Void,
        failed: @Sendable (_ error: any Error, _ dropped: Int) async -> Void,
        sendUnwritten send: @Sendable ([Event]) async -> [EventID: Set<String>]
    ) async {
        var failures = 0
        var hasWrittenMuch = false
        defer {
            commits.hasEnded = true
            Commits.answer(commits.waiters, problem: "the daemon stops")
            commits.waiters = []
        }
        while true {
            if engine.pending.isEmpty {
                // A sweep leaves the heap several times as large as what is kept.
                if hasWrittenMuch { Background.start { clinux_trim_heap() } }
                hasWrittenMuch = false
                if isStopping { return }
                await withCheckedContinuation { commits.loop = $0 }
                continue
            }
            if engine.pending.events.isEmpty && !isStopping {
                // Polls that changed nothing can wait for each other; one transaction holds many.
                try? await Task.sleep(for: .milliseconds(100))
            }
            let waiters = commits.waiters
            commits.waiters = []
            let commit = engine.takePending(at: ports.clock().instant)
            do {
                try await write(commit)
                failures = 0
                commits.unwrittenSince = engine.pending.isEmpty ? nil : ports.clock().moment
                noteStore(problem: nil)
                Commits.answer(waiters, problem: nil)
                if commit.states.count >= Self.muchToWrite { hasWrittenMuch = true }
                // New channels may have more notifications to come.
                if engine.isIntroducing || engine.isTakingListings { pumpSoon() }
                await committed(commit.events)
                resumeSweep()
            } catch {
                engine.pending.restore(commit)
                failures += 1
                noteStore(problem: "\(error)")
                Commits.answer(waiters, problem: "\(error)")
                resumeSweep()
                await failed(error, engine.pending.drop(beyond: Self.mostUnwrittenEvents))
                // At the end there is no second chance: a state that is not written is polled anew.
                await waitForStore(seconds: isStopping ? 0 : min(60, 1 << min(failures, 6)), send)
                if isStopping { return }
            }
        }
    }

    /// Waits until the store is to be tried again, and sends meanwhile what comes up.
    private func waitForStore(
        seconds: Int,
        _ send: @Sendable ([Event]) async -> [EventID: Set<String>]
    ) async {
        // What could not be sent is tried again with the store; what is new, at once.
        var tried: Set<EventID> = []
        var second = 0
        repeat {
            let events = engine.pending.events.filter {
                !$0.channels.isEmpty && !tried.contains($0.id)
            }
            if !events.isEmpty {
                tried.formUnion(events.map(\.id))
                let told = await send(events)
                engine.pending.note(told: told)
            }
            guard second < seconds else { return }
            second += 1
            try? await Task.sleep(for: .seconds(1))
        } while !isStopping
    }

    private func noteStore(problem: String?) {
        defer { commits.problem = problem }
        let isOpen = engine.subjects.isOpen(.storeFailing, of: .daemon)
        guard problem != nil || commits.problem != nil || isOpen else { return }
        judgeStore(problem)
    }

    /// Notes rows that could not be read: that holds until the next start.
    package func note(unreadable rows: UnreadableRows) {
        commits.unreadable = rows
        judgeStore(commits.problem)
    }

    private func judgeStore(_ problem: String?) {
        let finding = problem.map { problem in
            Finding(
                .storeFailing,
                .critical,
                "tokenwatchd: the state cannot be written: \(problem); watching goes on in memory",
                details: [Detail("error", problem)]
            )
        }
        let findings = [finding ?? commits.unreadable.finding].compactMap(\.self)
        judge(.daemon, [.storeFailing], findings) { _ in "the state is read and written again" }
    }

    /// Why the state cannot be written now; nil while it can.
    package var problemOfStore: String? { commits.problem }
}
