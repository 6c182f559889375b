package import Alerting

/// The status server's answers since the start.
package struct HTTPFigures: Hashable, Sendable {
    /// The number of answers by status, 200 to 599.
    package private(set) var answers: [Int: Int] = [:]
    package private(set) var duration = Histogram()
    /// The number of open connections.
    package var connections = 0

    package init() {}

    mutating func note(_ status: Int, took duration: Duration) {
        answers[status, default: 0] += 1
        self.duration.note(duration)
    }

    /// Records a request that could not be parsed, and so took no time.
    mutating func note(refused status: Int) {
        answers[status, default: 0] += 1
    }
}
