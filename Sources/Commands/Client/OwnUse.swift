import Alerting
import Monitor

/// Announces polls of this program to the daemon, so that they do not count as use elsewhere.
struct OwnUse {
    /// The result of the announcement.
    enum Outcome: Hashable {
        /// The daemon was informed, or does not watch the token.
        case told
        case noDaemon
        /// A daemon may run that could not be informed, for this reason.
        case untold(String)
    }

    private let client: DaemonClient

    init(_ client: DaemonClient) {
        self.client = client
    }

    /// Announces a poll before it begins, so that it counts even if this program dies.
    ///
    /// - Parameters:
    ///   - id: the token.
    ///   - length: the longest duration of the poll.
    /// - Returns: the result.
    func tell(_ id: TokenID, for length: Duration) async -> Outcome {
        let body = JSONWriter.bytes { $0.object { $0.field("for", DurationText.text(length)) } }
        do throws(Failure) {
            let answer = try await client.askIfRunning(
                "/v1/tokens/\(id)/used",
                method: "POST",
                body: body
            )
            guard let answer else { return .noDaemon }
            if answer.status != 404 { _ = try answer.expected() }
            return .told
        } catch {
            return .untold(error.reason)
        }
    }
}
