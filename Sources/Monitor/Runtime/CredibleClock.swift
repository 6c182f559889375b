package import Alerting
import Synchronization

/// The corrected clock of all parts of the daemon: the machine's clock, unless it is wrong.
///
/// It advances with the clock that never steps; only the watch adjusts it.
package final class CredibleClock: Sendable {
    private let machine: @Sendable () -> Now
    private let kept: Mutex<ClockBase>

    /// Starts with the time of the machine.
    package init(_ machine: @escaping @Sendable () -> Now) {
        self.machine = machine
        kept = Mutex(ClockBase(machine()))
    }

    package func now() -> Now {
        let moment = machine().moment
        return Now(instant: base.instant(at: moment), moment: moment)
    }

    var base: ClockBase { kept.withLock { $0 } }

    func move(to base: ClockBase) { kept.withLock { $0 = base } }
}
