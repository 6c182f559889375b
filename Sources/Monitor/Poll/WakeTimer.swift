import Alerting
import Dispatch

/// A Dispatch timer that is armed only if its moment has changed.
struct WakeTimer {
    private let source: any DispatchSourceTimer
    /// The moment when it fires; `.never` while it is not set.
    private(set) var armedFor = Moment.never

    /// Makes a resumed timer that is not armed: releasing a suspended timer would crash.
    init(on queue: DispatchQueue, fire: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeTimerSource(queue: queue)
        source.setEventHandler(handler: fire)
        source.activate()
    }

    mutating func arm(for next: Moment, at now: Now) {
        guard next != armedFor else { return }
        armedFor = next
        guard next != .never else { return source.schedule(deadline: .distantFuture) }
        let wait = max(.zero, next - now.moment)
        // One percent of leeway is harmless, and lets the kernel combine wake-ups.
        let leeway = min(1000, wait.milliseconds / 100)
        source.schedule(
            deadline: .now() + .milliseconds(Int(wait.milliseconds)),
            leeway: .milliseconds(Int(leeway))
        )
    }

    /// Notes that it has fired, or that even the same moment must arm it again.
    mutating func forget() { armedFor = .never }

    func cancel() { source.cancel() }
}
