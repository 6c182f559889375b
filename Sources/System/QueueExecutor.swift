import Alerting
package import Dispatch
import Synchronization

/// Pins an actor to one Dispatch queue, so that its C callbacks and Dispatch handlers can enter it.
///
/// On Linux (Swift 6.3), `DispatchSerialQueue`, which is such an executor, does not exist.
package final class QueueExecutor: SerialExecutor {
    /// The serial queue on which all code of the actor runs.
    package let queue: DispatchQueue
    /// The start of the running job, in milliseconds; 0 if none runs.
    private let began = Atomic<Int64>(0)
    /// The number of jobs that have not begun.
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

    /// Whether a job waits for the running one.
    package var hasWaitingJobs: Bool { waiting.load(ordering: .relaxed) > 0 }

    /// Whether one job has run for longer than `patience`: then it, or its dependency, is stuck.
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
