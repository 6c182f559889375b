package import Alerting
import Glibc

extension LocalTime {
    /// The zone of the process: `TZ`, else `/etc/localtime`, as it is when this is called.
    package static func ofProcess() -> LocalTime {
        // The other functions of the C library do not look again.
        tzset()
        return LocalTime { instant in
            var seconds = time_t(clamping: instant.seconds)
            var parts = tm()
            guard localtime_r(&seconds, &parts) != nil else { return 0 }
            return Int64(parts.tm_gmtoff)
        }
    }
}
