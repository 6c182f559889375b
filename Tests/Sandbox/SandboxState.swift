import Monitor
import Synchronization

/// The only owner of the world, and of the tasks that wait for something in it.
final class SandboxState: Sendable {
    private struct Waiter {
        let condition: @Sendable (SandboxRecord) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Guarded {
        var world: World
        var waiters: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0
        var connectionCount: (@Sendable () async -> Int)?
    }

    private let guarded: Mutex<Guarded>
    /// Told of every request to a webhook receiver.
    let onHook: (@Sendable (HookRecord) -> Void)?

    init(_ world: World, onHook: (@Sendable (HookRecord) -> Void)?) {
        guarded = Mutex(Guarded(world: world))
        self.onHook = onHook
    }

    /// Reads the world, and changes nothing that anyone waits for.
    func withWorld<Result: Sendable>(_ body: (inout World) -> Result) -> Result {
        guarded.withLock { body(&$0.world) }
    }

    /// Changes the world, and wakes those who waited for it.
    @discardableResult
    func changingWorld<Result: Sendable>(_ body: (inout World) -> Result) -> Result {
        let (result, woken) = guarded.withLock { guarded in
            let result = body(&guarded.world)
            var woken: [Waiter] = []
            for (id, waiter) in guarded.waiters where waiter.condition(guarded.world.record) {
                woken.append(waiter)
                guarded.waiters[id] = nil
            }
            return (result, woken)
        }
        for waiter in woken { waiter.continuation.resume(returning: true) }
        return result
    }

    func wait(until condition: @escaping @Sendable (SandboxRecord) -> Bool) async throws {
        let id = guarded.withLock { guarded in
            guarded.lastWaiter += 1
            return guarded.lastWaiter
        }
        let isMet = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = guarded.withLock { guarded in
                    if condition(guarded.world.record) { return true }
                    // A cancellation from here on finds the waiter; one before is seen here.
                    if Task.isCancelled { return false }
                    guarded.waiters[id] = Waiter(condition: condition, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = guarded.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(returning: false)
        }
        guard isMet else { throw CancellationError() }
    }

    /// Says how many connections there are, once there is somebody to ask.
    func setConnectionCount(_ count: @escaping @Sendable () async -> Int) {
        guarded.withLock { $0.connectionCount = count }
    }

    /// Connections open now; 0 before the server listens.
    func connectionCount() async -> Int {
        let count = guarded.withLock { $0.connectionCount }
        return await count?() ?? 0
    }
}
