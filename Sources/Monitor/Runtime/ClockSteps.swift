import CLinux
package import Dispatch
import Glibc

/// Reports steps of the wall clock and suspensions of the machine, for as long as it lives.
package final class ClockSteps {
    private let source: any DispatchSourceRead

    /// Begins to watch the machine's clock; nil if the system has no descriptors left.
    ///
    /// - Parameters:
    ///   - queue: the queue that calls `onStep`.
    ///   - onStep: the closure to call after a step.
    package convenience init?(on queue: DispatchQueue, onStep: @escaping @Sendable () -> Void) {
        let timer = clinux_watch_clock()
        guard timer >= 0 else { return nil }
        self.init(
            timer: timer,
            rearm: { _ = clinux_rearm_clock(timer) },
            on: queue,
            onStep: onStep
        )
    }

    /// Watches a descriptor that is readable after the clock was set, and closes it at the end.
    ///
    /// - Parameters:
    ///   - timer: a descriptor of timerfd_create(2), non-blocking.
    ///   - rearm: prepares it to report the next step.
    ///   - queue: the queue that calls `onStep`.
    ///   - onStep: the closure to call after a step.
    init(
        timer: Int32,
        rearm: @escaping @Sendable () -> Void,
        on queue: DispatchQueue,
        onStep: @escaping @Sendable () -> Void
    ) {
        source = DispatchSource.makeReadSource(fileDescriptor: timer, queue: queue)
        source.setEventHandler {
            // It never expires: it is readable only after the clock was set (timerfd_create(2)).
            var count: UInt64 = 0
            _ = read(timer, &count, MemoryLayout<UInt64>.size)
            rearm()
            onStep()
        }
        source.setCancelHandler { close(timer) }
        source.activate()
    }

    deinit {
        source.cancel()
    }
}
