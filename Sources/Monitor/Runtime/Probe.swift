import Alerting
import Dispatch
import Synchronization

/// A test that some part still responds.
enum Probe {
    /// A continuation for the first of two results.
    private final class Once<Value: Sendable>: Sendable {
        private let continuation: Mutex<CheckedContinuation<Value?, Never>?>

        init(_ continuation: CheckedContinuation<Value?, Never>) {
            self.continuation = Mutex(continuation)
        }

        func resume(_ answer: Value?) {
            let waiting = continuation.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            waiting?.resume(returning: answer)
        }
    }

    /// Returns the result of `question`, or nil after a time; does not wait for it any longer.
    static func answer<Value: Sendable>(
        within wait: Duration,
        _ question: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            Task { once.resume(await question()) }
            DispatchQueue.global().asyncAfter(
                deadline: .now() + .milliseconds(Int(wait.milliseconds))
            ) {
                once.resume(nil)
            }
        }
    }
}
