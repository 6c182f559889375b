import Alerting
import HTTP
import Store

extension StatusRoutes {
    /// Answers `GET /v1/tokens/{id}/spans`: the periods of equal poll results, the newest last.
    ///
    /// A token that was removed from the configuration has spans while the record keeps them.
    func spans(_ request: HTTPRequest) async throws -> HTTPResponse {
        let name = request.segments[2]
        guard let id = TokenID.written(name) else { return noToken(name) }
        let limit = try request.number("limit", in: EventQuery.limits) ?? 100
        let spans = try await ports.spans(id, limit)
        if spans.isEmpty, await ports.token(id) == nil { return noToken(id.text) }
        return json { json in
            json.array { json in for span in spans { span.write(into: &json) } }
        }
    }
}

extension StoredSpan {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.field("from", from)
            json.field("until", until)
            json.field("outcome", outcome?.rawValue)
            json.field("error", error)
            json.field("name", facts?.name)
            json.field("account", facts?.account)
            json.field("permissions", facts?.permissions?.words)
            json.field("expiry", facts.map(\.expiry.word) ?? "not_seen")
            json.field("expires_at", facts?.expiry.instant)
        }
    }
}

extension Expiry {
    fileprivate var word: String {
        switch self {
        case .at: "known"
        case .never: "never"
        case .notTold: "not_told"
        }
    }

    fileprivate var instant: Instant? {
        if case .at(let instant) = self { instant } else { nil }
    }
}
