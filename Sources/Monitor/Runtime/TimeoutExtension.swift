import Alerting
import Dispatch

/// Requests more time from systemd, repeatedly, during work that may take long.
///
/// A start that migrates a large state, or a stop on a slow disk, is slow but not stuck. After an
/// hour it counts as stuck. It belongs to its creator, and ends with `end` or its last owner.
package final class TimeoutExtension {
    private let timer: (any DispatchSourceTimer)?

    /// The longest total time.
    private static let limit = Duration.hours(1)

    /// - Parameters:
    ///   - manager: the service manager.
    ///   - activity: the work, for `systemctl status`, such as `starting`.
    ///   - first: the time until the first request; shorter work needs none.
    ///   - pause: the time between two requests; each requests three times as much.
    package init(
        _ manager: ServiceManager,
        _ activity: String,
        first: Duration = .seconds(5),
        pause: Duration = .seconds(10)
    ) {
        guard manager.isListening else {
            timer = nil
            return
        }
        // This queue is separate, because the slow work may occupy all threads of the pool.
        let queue = DispatchQueue(label: "tokenwatchd.patience")
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let start = ContinuousClock.now
        timer.setEventHandler {
            let gone = ContinuousClock.now - start
            guard gone < Self.limit else { return }
            manager.extend(by: pause * 3, status: "\(activity) for \(gone.forPeople)")
        }
        timer.schedule(
            deadline: .now() + .milliseconds(Int(first.milliseconds)),
            repeating: .milliseconds(Int(pause.milliseconds)),
            leeway: .milliseconds(Int(pause.milliseconds / 20))
        )
        timer.activate()
        self.timer = timer
    }

    deinit { timer?.cancel() }

    /// Stops requesting time.
    package func end() { timer?.cancel() }
}
