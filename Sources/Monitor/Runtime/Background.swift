import Dispatch

/// The thread for slow or blocking work, outside the shared threads.
enum Background {
    private static let queue = DispatchQueue(label: "tokenwatchd.background", qos: .utility)

    /// Starts work without waiting for it.
    static func start(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    /// Runs work on a thread of its own, one piece after the other.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
