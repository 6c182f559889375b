import Alerting

/// Decides what to log about the pings to a dead man's switch, and when the next one is.
///
/// It logs the begin and the end of a problem once each.
struct HeartbeatState: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case well
        /// No ping was sent, for a reason.
        case held
        /// A ping failed.
        case failing
    }

    /// A line and how bad it is.
    struct LogEntry: Hashable, Sendable {
        let isProblem: Bool
        let text: String
    }

    private var state = State.well

    /// Takes the reasons for which nothing was sent.
    mutating func held(by reasons: [String]) -> LogEntry? {
        guard state != .held else { return nil }
        state = .held
        let text = "the heartbeat stops: \(reasons.joined(separator: "; "))"
        return LogEntry(isProblem: true, text: text)
    }

    /// Takes the result of a ping: an error, or nil.
    mutating func pinged(error: String?) -> LogEntry? {
        let before = state
        guard let error else {
            state = .well
            return before == .well
                ? nil : LogEntry(isProblem: false, text: "the heartbeat resumed")
        }
        state = .failing
        return before == .failing
            ? nil : LogEntry(isProblem: true, text: "the heartbeat failed: \(error)")
    }

    /// The time of the next turn, sooner than usual while something is wrong.
    func pause(every interval: Duration) -> Duration {
        state == .well ? interval : min(interval, Self.pauseInTrouble)
    }

    private static let pauseInTrouble = Duration.minutes(1)
}
