package import Dispatch

/// Pins an actor to one Dispatch queue, so that its C callbacks and Dispatch handlers can enter it.
///
/// `DispatchSerialQueue`, which is such an executor elsewhere, does not exist on Linux (Swift 6.3).
package final class QueueExecutor: SerialExecutor {
    /// The serial queue on which everything of the actor runs.
    package let queue: DispatchQueue

    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
