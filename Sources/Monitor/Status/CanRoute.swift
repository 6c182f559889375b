import Alerting
import HTTP

extension StatusRoutes {
    /// The most permissions in one request: more than any provider has.
    private static let maximumPermissions = 1000

    /// Answers `GET /v1/tokens/{id}/can?permission=P`: whether the token covers all permissions.
    func can(_ request: HTTPRequest, _ snapshot: TokenSnapshot) throws(BadRequest)
        -> HTTPResponse
    {
        let wanted = request.query.filter { $0.name == "permission" }.map(\.value)
        guard (1...Self.maximumPermissions).contains(wanted.count), !wanted.contains("") else {
            throw BadRequest(
                "name 1 to \(Self.maximumPermissions) permissions: ?permission=dns:list"
            )
        }
        let settings = snapshot.settings
        let coverage = Coverage(
            of: wanted,
            by: snapshot.state,
            settings,
            at: snapshot.at,
            spread: snapshot.spread
        )
        return json { json in
            json.object { json in
                json.field("id", settings.id.text)
                coverage.write(into: &json)
                json.field("as_of", snapshot.state.lastOkAt)
            }
        }
    }
}

extension Coverage {
    /// Writes `covered` as true, false, or null if unknown; `reason` gives the reason in one word.
    fileprivate func write(into json: inout JSONWriter) {
        var covered: Bool?
        var missing: [String] = []
        var reason: String?
        switch self {
        case .covered: covered = true
        case .missing(let words, let condition):
            covered = false
            missing = words
            reason = condition?.rawValue
        case .unknown(.noDataYet): reason = "not_seen"
        case .unknown(.notReported): reason = "not_told"
        }
        json.field("covered", covered)
        json.field("missing", missing)
        json.field("reason", reason)
    }
}
