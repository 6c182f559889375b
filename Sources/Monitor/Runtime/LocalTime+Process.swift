package import Alerting
import Glibc

extension LocalTime {
    /// Returns the current zone of the process: `TZ`, else `/etc/localtime`.
    package static func ofProcess() -> LocalTime {
        // Other functions of the C library do not read the zone again.
        tzset()
        return LocalTime { instant in
            var seconds = time_t(clamping: instant.seconds)
            var parts = tm()
            guard localtime_r(&seconds, &parts) != nil else { return 0 }
            return Int64(parts.tm_gmtoff)
        }
    }
}
