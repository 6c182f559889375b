package import Alerting
import CLinux
import Glibc

/// The machine's clocks: the only place that reads them.
package enum SystemClock {
    /// Returns wall time, and the time since the machine started, including suspend.
    package static func now() -> Now {
        Now(
            instant: Instant(milliseconds: milliseconds(CLOCK_REALTIME)),
            moment: Moment(milliseconds: milliseconds(CLOCK_BOOTTIME))
        )
    }

    /// Whether the kernel holds the wall clock synchronised, and that clock just showed an instant.
    ///
    /// A process may get another clock, or the clock may have been set since.
    package static func isSynchronised(showing instant: Instant) -> Bool {
        var seconds: Int64 = 0
        guard clinux_clock_is_synchronised(&seconds) == 1 else { return false }
        return clocksAgree(Instant(seconds: seconds) - instant)
    }

    /// Returns the clock of systemd's notifications (sd_notify(3)), which does not count suspend.
    ///
    /// It has microseconds: rounded down to milliseconds, a reload that began in the millisecond of
    /// its request would count as an earlier one.
    package static func monotonicMicroseconds() -> Int64 {
        clinux_microseconds(CLOCK_MONOTONIC)
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        clinux_microseconds(clock) / 1000
    }
}
