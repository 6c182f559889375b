/// Work on the newest value: another value cancels and restarts it.
struct Renewal<Value: Sendable>: Sendable {
    private let values: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        // If several values arrive while the work ends, the last one counts.
        (values, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Continues the work with this value; it may be called before `run`.
    func use(_ value: Value) { continuation.yield(value) }

    /// Runs the work until the task is cancelled; call it once.
    ///
    /// - Parameter work: honours its cancellation; the next value waits for its end.
    func run(_ work: @escaping @Sendable (Value) async -> Void) async {
        var iterator = values.makeAsyncIterator()
        var newest = await iterator.next()
        while let value = newest {
            newest = await withDiscardingTaskGroup { group in
                group.addTask { await work(value) }
                let next = await iterator.next()
                group.cancelAll()
                return next
            }
        }
    }
}
