import CLinux
package import Dispatch
import Glibc

/// Tells when the wall clock was set, or the machine was suspended, for as long as it lives.
package final class ClockSteps {
    private let source: any DispatchSourceRead

    /// Begins to watch; nil where the system has no descriptors left.
    ///
    /// - Parameters:
    ///   - queue: where `onStep` is called.
    ///   - onStep: the clock is not what it was.
    package init?(on queue: DispatchQueue, onStep: @escaping @Sendable () -> Void) {
        let timer = clinux_watch_clock()
        guard timer >= 0 else { return nil }
        source = DispatchSource.makeReadSource(fileDescriptor: timer, queue: queue)
        source.setEventHandler {
            // It never runs out: what can be read is that the clock was set (timerfd_create(2)).
            var count: UInt64 = 0
            _ = read(timer, &count, MemoryLayout<UInt64>.size)
            _ = clinux_rearm_clock(timer)
            onStep()
        }
        source.setCancelHandler { close(timer) }
        source.activate()
    }

    deinit {
        source.cancel()
    }
}
