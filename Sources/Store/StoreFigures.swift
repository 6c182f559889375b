package import Alerting

/// The results of the store's transactions since the start.
package struct StoreFigures: Hashable, Sendable {
    package private(set) var commits = 0
    package private(set) var failures = 0
    package private(set) var duration = Histogram()
    /// The bytes of the database and its log.
    package var size = 0

    mutating func note(succeeded: Bool, took duration: Duration) {
        if succeeded { commits += 1 } else { failures += 1 }
        self.duration.note(duration)
    }
}
