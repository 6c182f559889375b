import Alerting
import CLinux

/// Why something that was asked for is in effect and not on the disk: a restart would lose it.
package struct NotWritten: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// What a commit does, and who learns of it.
package struct CommitSteps: Sendable {
    /// One transaction.
    let commit: @Sendable (Commit) async throws -> Void
    /// Learns of the events that are on the disk.
    let committed: @Sendable ([Event]) async -> Void
    /// Learns why they are not, and how many events there was no more room for.
    let failed: @Sendable (_ error: any Error, _ dropped: Int) async -> Void
    /// Notifies channels of events that cannot be written; returns who was.
    let sendUnwritten: @Sendable ([Event]) async -> [EventID: Set<String>]
}

/// Writes what the engine of a watch decides: nothing is notified before it is written.
///
/// Everything of it runs on the watch's executor. A commit that fails is tried again and loses nothing;
/// events are sent from memory until it succeeds.
final class CommitLoop {
    /// `run`, while it waits for something to commit.
    private var sleeper: CheckedContinuation<Void, Never>?
    /// Who waits for the next commit, and is told why it failed.
    private var waiters: [CheckedContinuation<String?, Never>] = []
    /// Whether `run` has returned: nothing more is written.
    private var hasEnded = false
    /// Since when something waits to be written; nil while nothing does.
    private(set) var unwrittenSince: Moment?

    /// Events in memory while the store fails; some 2 KiB each.
    private static let mostUnwrittenEvents = 10_000
    /// From so many states in one commit on, some 600 KiB, it is worth tidying up after it.
    private static let muchToWrite = 500

    /// Goes on where there is something to write, or the watch stops.
    func wake(_ watch: isolated Watch) {
        let hasPending = !watch.engine.pending.isEmpty
        guard watch.isStopping || hasPending else { return }
        if unwrittenSince == nil, hasPending { unwrittenSince = watch.ports.clock().moment }
        sleeper?.resume()
        sleeper = nil
    }

    /// Waits for the commit of what is pending in this turn of the watch.
    ///
    /// To be called without a suspension after the change: what was taken for a commit before that is
    /// no longer pending, and would not be waited for. It ends with the commit, whether that succeeds
    /// or not, and at once while the store fails.
    func written(_ watch: isolated Watch) async throws(NotWritten) {
        guard !watch.engine.pending.isEmpty else { return }
        if hasEnded { throw NotWritten(description: "the daemon stops") }
        if let problem = watch.engine.storeProblem { throw NotWritten(description: problem) }
        let problem = await withCheckedContinuation { waiters.append($0) }
        if let problem { throw NotWritten(description: problem) }
    }

    /// Commits what a watch decides, until it stops.
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
                // A sweep leaves the heap several times as large as what is kept.
                if hasWrittenMuch { Background.start { clinux_trim_heap() } }
                hasWrittenMuch = false
                if watch.isStopping { return }
                await withCheckedContinuation { sleeper = $0 }
                continue
            }
            if watch.engine.pending.events.isEmpty && !watch.isStopping {
                // Polls that changed nothing can wait for each other; one transaction holds many.
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
                    // To give back thousands of states takes longer than others may wait.
                    Background.start { withExtendedLifetime(commit) {} }
                }
                await steps.committed(commit.events)
            } catch {
                watch.engine.pending.restore(commit)
                failures += 1
                ended(watch, waiting, problem: "\(error)")
                let dropped = watch.engine.pending.drop(beyond: Self.mostUnwrittenEvents)
                await steps.failed(error, dropped)
                // At the end there is no second chance: a state that is not written is polled anew.
                let pause = watch.isStopping ? 0 : min(60, 1 << min(failures, 6))
                await wait(watch, seconds: pause, steps)
                if watch.isStopping { return }
            }
        }
    }

    /// Takes in how a commit ended, and answers those who waited for it.
    private func ended(
        _ watch: isolated Watch,
        _ waiting: [CheckedContinuation<String?, Never>],
        problem: String?
    ) {
        watch.engine.noteStore(problem: problem, at: watch.ports.clock())
        answer(waiting, problem: problem)
        watch.follow()
        // A new channel, a configuration or a list may have more to write.
        if watch.engine.isIntroducing || watch.engine.isSweeping || watch.engine.isTakingListings {
            watch.pumpSoon()
        }
    }

    private func answer(_ waiting: [CheckedContinuation<String?, Never>], problem: String?) {
        for waiter in waiting { waiter.resume(returning: problem) }
    }

    /// Waits until the store is to be tried again, and sends meanwhile what comes up.
    private func wait(
        _ watch: isolated Watch,
        seconds: Int,
        _ steps: CommitSteps
    ) async {
        // What could not be sent is tried again with the store; what is new, at once.
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
