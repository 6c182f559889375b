import Dispatch

/// Work that takes long or blocks, apart from the threads that serve everybody.
enum Background {
    private static let queue = DispatchQueue(label: "tokenwatchd.background", qos: .utility)

    /// Begins something that nobody waits for.
    static func start(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    /// Does it on a thread of its own, one after the other.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
