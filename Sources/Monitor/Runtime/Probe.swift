import Alerting
import Dispatch
import Synchronization

/// Tests whether something still responds.
enum Probe {
    /// The first outcome counts.
    private final class Once: Sendable {
        private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

        init(_ continuation: CheckedContinuation<Bool, Never>) {
            self.continuation = Mutex(continuation)
        }

        func resume(_ answer: Bool) {
            let waiting = continuation.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            waiting?.resume(returning: answer)
        }
    }

    /// Whether `question` returns within a time; one that never does is left behind.
    static func answers(
        within wait: Duration,
        _ question: @escaping @Sendable () async -> Void
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            Task {
                await question()
                once.resume(true)
            }
            DispatchQueue.global().asyncAfter(
                deadline: .now() + .milliseconds(Int(wait.milliseconds))
            ) {
                once.resume(false)
            }
        }
    }
}
