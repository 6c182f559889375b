import Alerting

/// The version of this program.
package enum Version {
    package static let number = "0.1.0"
    /// 2026-11-27: no clock that is right shows an earlier time.
    static let made = Instant(seconds: 1_795_737_600)
}
