package import Alerting
import Glibc

/// The machine's clocks: the only place that reads them.
package enum SystemClock {
    /// Wall time, and the time since the machine started, suspend included.
    package static func now() -> Now {
        Now(
            instant: Instant(milliseconds: read(CLOCK_REALTIME)),
            moment: Moment(milliseconds: read(CLOCK_BOOTTIME))
        )
    }

    /// The clock that systemd's notifications name (sd_notify(3)): suspend does not count.
    package static func monotonicMicroseconds() -> Int64 { read(CLOCK_MONOTONIC) * 1000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
