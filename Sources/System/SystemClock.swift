package import Alerting
import CLinux
import Glibc

/// The machine's clocks: the only place that reads them.
package enum SystemClock {
    /// Wall time, and the time since the machine started, suspend included.
    package static func now() -> Now {
        Now(
            instant: Instant(milliseconds: milliseconds(CLOCK_REALTIME)),
            moment: Moment(milliseconds: milliseconds(CLOCK_BOOTTIME))
        )
    }

    /// Whether the kernel holds the wall clock synchronised, and it is the clock that showed an instant
    /// just now: a process may be given another, or it may have been set since.
    package static func isSynchronised(showing instant: Instant) -> Bool {
        var seconds: Int64 = 0
        guard clinux_clock_is_synchronised(&seconds) == 1 else { return false }
        return clocksAgree(Instant(seconds: seconds) - instant)
    }

    /// The clock that systemd's notifications name (sd_notify(3)): suspend does not count.
    ///
    /// To the microsecond: a reload that began in the millisecond of its request, rounded down, would
    /// be taken for an earlier one.
    package static func monotonicMicroseconds() -> Int64 {
        clinux_microseconds(CLOCK_MONOTONIC)
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        clinux_microseconds(clock) / 1000
    }
}
