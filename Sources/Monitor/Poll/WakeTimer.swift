import Alerting
import Dispatch

/// A timer of Dispatch that is set again only where its moment has changed.
struct WakeTimer {
    private let source: any DispatchSourceTimer
    /// When it fires; `.never` while it is not set.
    private(set) var armedFor = Moment.never

    /// A timer that runs and is not set; one that never ran must not be released.
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
        // A hundredth late does no harm, and lets the kernel wake for several things at once.
        let leeway = min(1000, wait.milliseconds / 100)
        source.schedule(
            deadline: .now() + .milliseconds(Int(wait.milliseconds)),
            leeway: .milliseconds(Int(leeway))
        )
    }

    /// Notes that it has fired, or is to be set again even for the same moment.
    mutating func forget() { armedFor = .never }

    func cancel() { source.cancel() }
}
