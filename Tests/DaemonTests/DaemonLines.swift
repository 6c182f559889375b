import Synchronization

/// Lines that arrive one by one, and tests that wait for one of them.
final class Lines: Sendable {
    /// It ended, and the line that was waited for had not come.
    struct Ended: Error, CustomStringConvertible {
        let lines: [String]
        var description: String { "not among the lines: \(lines.joined(separator: "\n"))" }
    }

    private struct Waiter {
        let isWanted: @Sendable (String) -> Bool
        let continuation: CheckedContinuation<String?, Never>
    }

    private struct State {
        var lines: [String] = []
        var hasEnded = false
        var waiters: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    var all: [String] { state.withLock { $0.lines } }

    func append(_ line: String) {
        let woken = state.withLock { state in
            state.lines.append(line)
            let woken = state.waiters.filter { $0.value.isWanted(line) }
            for id in woken.keys { state.waiters[id] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: line) }
    }

    func end() {
        let woken = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: nil) }
    }

    /// The first line that is wanted, from a place on; it may be still to come.
    @discardableResult
    func first(
        after start: Int = 0,
        _ isWanted: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let line = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: String?? = state.withLock { state in
                    if let line = state.lines.dropFirst(start).first(where: isWanted) {
                        return line
                    }
                    if state.hasEnded || Task.isCancelled { return .some(nil) }
                    state.waiters[id] = Waiter(isWanted: isWanted, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(returning: nil)
        }
        guard let line else { throw Ended(lines: all) }
        return line
    }
}
