import Alerting

/// The decisions on log lines about pings, and on the time of the next ping.
///
/// It logs the beginning and the end of a problem once each.
struct HeartbeatState: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case well
        /// The ping was not sent, for a reason.
        case held
        /// The ping failed.
        case failing
    }

    /// A line and its severity.
    struct LogEntry: Hashable, Sendable {
        let isProblem: Bool
        let text: String
    }

    private var state = State.well

    /// Notes the reasons why no ping was sent.
    mutating func held(by reasons: [String]) -> LogEntry? {
        guard state != .held else { return nil }
        state = .held
        let text = "the heartbeat stops: \(reasons.joined(separator: "; "))"
        return LogEntry(isProblem: true, text: text)
    }

    /// Notes the result of a ping: an error, or nil.
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

    /// Returns the pause before the next turn, which is shorter during a problem.
    func pause(every interval: Duration) -> Duration {
        state == .well ? interval : min(interval, Self.pauseInTrouble)
    }

    private static let pauseInTrouble = Duration.minutes(1)
}
