/// One request that the status sockets answer, by name: for what is allowed, and for the manual.
package struct StatusRoute: Hashable, Sendable {
    package enum Method: String, Sendable {
        /// HEAD with it.
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"

        /// What `Allow` says of it.
        var allowed: String { self == .get ? "GET, HEAD" : rawValue }
    }

    package let method: Method
    /// `{id}` stands for any part.
    package let path: String
    /// What may stand in its query.
    package let parameters: [String]
    /// Whether its parameters may be there more than once.
    let repeats: Bool
    /// Whether it is answered over TCP and nowhere else.
    package let isForTCP: Bool

    init(
        _ method: Method,
        _ path: String,
        takes parameters: [String] = [],
        repeats: Bool = false,
        isForTCP: Bool = false
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.repeats = repeats
        self.isForTCP = isForTCP
    }

    /// Every request there is; `StatusRoutes.answer` knows what to do with each.
    package static let all = [
        StatusRoute(.get, "/", takes: ["refresh"] + PageFilter.parameters, isForTCP: true),
        StatusRoute(.get, "/tokens/{id}", isForTCP: true),
        StatusRoute(.get, "/notifications", isForTCP: true),
        StatusRoute(.get, "/healthz"),
        StatusRoute(.get, "/metrics"), StatusRoute(.get, "/v1/status"),
        StatusRoute(.get, "/v1/tokens", takes: ["at"] + TokenQuery.parameters),
        StatusRoute(.get, "/v1/tokens/{id}"),
        StatusRoute(.get, "/v1/tokens/{id}/history", takes: ["since", "limit"]),
        StatusRoute(.get, "/v1/tokens/{id}/spans", takes: ["limit"]),
        StatusRoute(.get, "/v1/tokens/{id}/explain"),
        StatusRoute(.get, "/v1/tokens/{id}/can", takes: ["permission"], repeats: true),
        StatusRoute(.get, "/v1/events", takes: ["since", "limit", "token", "follow"]),
        StatusRoute(.get, "/v1/deliveries"),
        StatusRoute(.get, "/v1/expiries.ics"),
        StatusRoute(.post, "/v1/poll", takes: ["wait"]),
        StatusRoute(.post, "/v1/tokens/{id}/poll", takes: ["wait"]),
        StatusRoute(.post, "/v1/tokens/{id}/used"),
        StatusRoute(.post, "/v1/tokens/{id}/ack"), StatusRoute(.delete, "/v1/tokens/{id}/ack"),
        StatusRoute(.get, "/v1/mutes"), StatusRoute(.post, "/v1/mutes"),
        StatusRoute(.delete, "/v1/mutes"),
        StatusRoute(.post, "/v1/test-notify"), StatusRoute(.post, "/v1/reload"),
    ]

    /// Whether a path, in its decoded parts, is this one.
    func matches(_ segments: [String]) -> Bool {
        let parts = path.split(separator: "/")
        return parts.count == segments.count
            && zip(parts, segments).allSatisfy { $0 == "{id}" || $0 == $1 }
    }
}
