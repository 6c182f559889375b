import Alerting

/// The pause after a failure of the outbox: 1 s doubling to 1 min.
struct OutboxHold: Sendable {
    private var failures = 0
    /// The end of the pause; nil while the outbox works.
    private(set) var until: Moment?
    /// The last error of the outbox; nil while it works.
    private(set) var problem: String?

    private static let pace = RetryPace(first: .seconds(1), longest: .minutes(1))

    func isHeld(at now: Moment) -> Bool {
        until.map { now < $0 } ?? false
    }

    mutating func succeeded() {
        self = OutboxHold()
    }

    mutating func failed(_ error: any Error, at now: Moment) {
        failures += 1
        problem = "\(error)"
        until = now + Self.pace.wait(failures: failures, spread: 0, asked: nil)
    }
}
