import Dispatch

/// A coarse timer that runs only while there is something to time.
final class HTTPTicker {
    private let source: any DispatchSourceTimer
    private let interval: DispatchTimeInterval
    private var isRunning = false

    /// Creates a timer that does not tick at first.
    ///
    /// - Parameters:
    ///   - interval: the time between two ticks, at least 1 ms.
    ///   - queue: the queue on which `onTick` runs.
    ///   - onTick: must call `stop` when nothing is timed any more.
    init(every interval: Duration, queue: DispatchQueue, onTick: @escaping @Sendable () -> Void) {
        let (seconds, attoseconds) = interval.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        self.interval = .milliseconds(Int(max(1, milliseconds)))
        source = DispatchSource.makeTimerSource(queue: queue)
        source.setEventHandler(handler: onTick)
        source.schedule(deadline: .distantFuture)
        source.resume()
    }

    deinit { source.cancel() }

    func start() {
        guard !isRunning else { return }
        isRunning = true
        source.schedule(deadline: .now() + interval, repeating: interval, leeway: interval)
    }

    func stop() {
        guard isRunning else { return }
        isRunning = false
        source.schedule(deadline: .distantFuture)
    }
}
