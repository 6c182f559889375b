import Alerting
import CLinux

/// The reason why a change is in effect but not on the disk: a restart would lose it.
package struct NotWritten: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// The actions of a commit, and of its result.
package struct CommitSteps: Sendable {
    /// Runs one transaction.
    let commit: @Sendable (Commit) async throws -> Void
    /// Handles the committed events.
    let committed: @Sendable ([Event]) async -> Void
    /// Handles the error of a failed commit, and the number of dropped events.
    let failed: @Sendable (_ error: any Error, _ dropped: Int) async -> Void
    /// Sends events that cannot be written; returns the channels that got each event.
    let sendUnwritten: @Sendable ([Event]) async -> [EventID: Set<String>]
}

/// Commits the decisions of a watch's engine; every notification waits for its commit.
///
/// It runs on the watch's executor. A failed commit is retried and loses nothing;
/// events are sent from memory until it succeeds.
final class CommitLoop {
    /// The continuation of `run`, while nothing is pending.
    private var sleeper: CheckedContinuation<Void, Never>?
    /// The callers that wait for the next commit; they get its error.
    private var waiters: [CheckedContinuation<String?, Never>] = []
    /// Whether `run` has returned, so that nothing more is written.
    private var hasEnded = false
    /// The time since when a change is pending; nil if none is.
    private(set) var unwrittenSince: Moment?

    /// The most events in memory while the store fails; some 2 KiB each.
    private static let mostUnwrittenEvents = 10_000
    /// The number of states in one commit, some 600 KiB, from which the heap is trimmed after it.
    private static let muchToWrite = 500

    /// Resumes `run` if something is pending, or if the watch stops.
    func wake(_ watch: isolated Watch) {
        let hasPending = !watch.engine.pending.isEmpty
        guard watch.isStopping || hasPending else { return }
        if unwrittenSince == nil, hasPending { unwrittenSince = watch.ports.clock().moment }
        guard let sleeper else { return }
        self.sleeper = nil
        sleeper.resume()
    }

    /// Waits for the commit of this turn's changes.
    ///
    /// Call it without a suspension after the change, because it does not wait for a commit that
    /// already includes the change. It returns after the commit, and throws if that fails.
    /// While the store fails, it throws immediately.
    func written(_ watch: isolated Watch) async throws(NotWritten) {
        guard !watch.engine.pending.isEmpty else { return }
        if hasEnded { throw NotWritten(description: "the daemon stops") }
        if let problem = watch.engine.storeProblem { throw NotWritten(description: problem) }
        let problem = await withCheckedContinuation { waiters.append($0) }
        if let problem { throw NotWritten(description: problem) }
    }

    /// Commits decisions until the watch stops.
    func run(_ watch: isolated Watch, _ steps: CommitSteps) async {
        var failures = 0
        var hasWrittenMuch = false
        defer {
            hasEnded = true
            answer(waiters, problem: "the daemon stops")
            waiters = []
        }
        while true {
            if watch.engine.pending.isEmpty {
                // A sweep leaves the heap several times as large as its content.
                if hasWrittenMuch { Background.start { clinux_trim_heap() } }
                hasWrittenMuch = false
                if watch.isStopping { return }
                await withCheckedContinuation { sleeper = $0 }
                continue
            }
            if watch.engine.pending.events.isEmpty && !watch.isStopping {
                // Polls without changes can wait for each other; one transaction holds many.
                try? await Task.sleep(for: .milliseconds(100))
            }
            let waiting = waiters
            waiters = []
            let commit = watch.engine.takePending(at: watch.ports.clock().instant)
            do {
                try await steps.commit(commit)
                failures = 0
                let isDone = watch.engine.pending.isEmpty
                unwrittenSince = isDone ? nil : watch.ports.clock().moment
                ended(watch, waiting, problem: nil)
                if commit.states.count >= Self.muchToWrite {
                    hasWrittenMuch = true
                    // Freeing thousands of states would delay others too long.
                    Background.start { withExtendedLifetime(commit) {} }
                }
                await steps.committed(commit.events)
            } catch {
                watch.engine.pending.restore(commit)
                failures += 1
                ended(watch, waiting, problem: "\(error)")
                let dropped = watch.engine.pending.drop(beyond: Self.mostUnwrittenEvents)
                await steps.failed(error, dropped)
                // No retry at the end: the next run polls tokens with unwritten states again.
                let pause = watch.isStopping ? 0 : min(60, 1 << min(failures, 6))
                await wait(watch, seconds: pause, steps)
                if watch.isStopping { return }
            }
        }
    }

    /// Records the result of a commit, and resumes its waiters.
    private func ended(
        _ watch: isolated Watch,
        _ waiting: [CheckedContinuation<String?, Never>],
        problem: String?
    ) {
        watch.engine.noteStore(problem: problem, at: watch.ports.clock())
        answer(waiting, problem: problem)
        watch.follow()
        // A new channel, configuration or list may have more pending changes.
        if watch.engine.isIntroducing || watch.engine.isSweeping || watch.engine.isTakingListings {
            watch.pumpSoon()
        }
    }

    private func answer(_ waiting: [CheckedContinuation<String?, Never>], problem: String?) {
        for waiter in waiting { waiter.resume(returning: problem) }
    }

    /// Waits for the next attempt of the store, and meanwhile sends new events.
    private func wait(
        _ watch: isolated Watch,
        seconds: Int,
        _ steps: CommitSteps
    ) async {
        // Failed sends are retried with the store; new events are sent immediately.
        var tried: Set<EventID> = []
        var second = 0
        repeat {
            let events = watch.engine.pending.events.filter {
                !$0.channels.isEmpty && !tried.contains($0.id)
            }
            if !events.isEmpty {
                tried.formUnion(events.map(\.id))
                let told = await steps.sendUnwritten(events)
                watch.engine.pending.note(told: told)
            }
            guard second < seconds else { return }
            second += 1
            try? await Task.sleep(for: .seconds(1))
        } while !watch.isStopping
    }
}
