import Alerting
import Formats
import HTTP

extension StatusRoutes {
    /// The longest poll: `polling.timeout` is at most 5 min.
    private static let longestPoll = Duration.minutes(10)

    /// Answers `POST /v1/tokens/{id}/used`: another program polls now, at most for this long.
    func announce(_ request: HTTPRequest, _ id: TokenID) async throws -> HTTPResponse {
        guard let members = (try? JSONValue(parsing: request.body))?.members,
            members.map(\.key) == ["for"],
            let length = members[0].value.string.flatMap(DurationText.parse),
            length > .zero, length <= Self.longestPoll
        else {
            throw BadRequest("the body must be {\"for\": \"15s\"}, with at most 10m")
        }
        guard let until = try await ports.announce(id, length) else { return noToken(id.text) }
        return json { $0.object { $0.field("until", until) } }
    }
}
