package import Alerting
import Synchronization

/// The time that counts, for every part of the daemon: the machine's, unless it was found to be wrong.
///
/// It advances with the clock that never steps; only the watch moves it.
package final class CredibleClock: Sendable {
    private let machine: @Sendable () -> Now
    private let kept: Mutex<ClockBase>

    /// Begins with the time of the machine.
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
