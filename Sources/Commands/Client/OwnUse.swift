import Alerting
import Monitor

/// Announces polls of this program to the daemon, so that they are no use elsewhere.
struct OwnUse {
    /// The result of the announcement.
    enum Outcome: Hashable {
        /// It knows, or does not watch the token.
        case told
        case noDaemon
        /// There may be one that does not know, and why.
        case untold(String)
    }

    private let client: DaemonClient

    init(_ client: DaemonClient) {
        self.client = client
    }

    /// Announces it before the poll, so that it counts even if this program dies.
    ///
    /// - Parameters:
    ///   - id: the token.
    ///   - length: the longest duration of the poll.
    /// - Returns: the result.
    func tell(_ id: TokenID, for length: Duration) async -> Outcome {
        var body = JSONWriter()
        body.object { json in
            json.field("for", DurationText.text(length))
        }
        do throws(Failure) {
            let answer = try await client.askIfRunning(
                "/v1/tokens/\(id)/used",
                method: "POST",
                body: body.bytes
            )
            guard let answer else { return .noDaemon }
            if answer.status != 404 { _ = try answer.expected() }
            return .told
        } catch {
            return .untold(error.reason)
        }
    }
}
