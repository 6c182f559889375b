import Alerting
package import Dispatch
import Synchronization

/// Pins an actor to one Dispatch queue, so that its C callbacks and Dispatch handlers can enter it.
///
/// `DispatchSerialQueue`, which is such an executor elsewhere, does not exist on Linux (Swift 6.3).
package final class QueueExecutor: SerialExecutor {
    /// The serial queue on which everything of the actor runs.
    package let queue: DispatchQueue
    /// When the job began that runs now, in milliseconds; 0 while none does.
    private let began = Atomic<Int64>(0)
    /// Jobs that have not begun.
    private let waiting = Atomic<Int>(0)

    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        waiting.add(1, ordering: .relaxed)
        queue.async {
            self.waiting.subtract(1, ordering: .relaxed)
            self.began.store(SystemClock.now().moment.milliseconds, ordering: .relaxed)
            job.runSynchronously(on: self.asUnownedSerialExecutor())
            self.began.store(0, ordering: .relaxed)
        }
    }

    /// Whether a job waits for what runs on the queue now.
    package var hasWaitingJobs: Bool { waiting.load(ordering: .relaxed) > 0 }

    /// Whether one job has run for longer than that: it is stuck, or what it waits for is.
    ///
    /// The caller does not wait.
    package func isStuck(for patience: Duration) -> Bool {
        let began = began.load(ordering: .relaxed)
        return began != 0
            && SystemClock.now().moment - Moment(milliseconds: began) > patience
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
