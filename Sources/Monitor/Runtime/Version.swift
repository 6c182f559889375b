import Alerting

/// The version of this program.
package enum Version {
    package static let number = "0.1.0"
    /// The date 2026-11-27: a clock with an earlier time is wrong.
    static let made = Instant(seconds: 1_795_737_600)
}
