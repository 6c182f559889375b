import Alerting
import HTTP

/// A request that the status sockets answer: its parameters, and its answer.
package struct StatusRoute: Sendable {
    typealias Answer = @Sendable (StatusRoutes, HTTPRequest) async throws -> HTTPResponse

    package enum Method: String, Sendable {
        /// The method GET, which includes HEAD.
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"

        /// The value of `Allow` for this method.
        var allowed: String { self == .get ? "GET, HEAD" : rawValue }
    }

    package let method: Method
    /// The path, in which `{id}` stands for any segment.
    package let path: String
    /// The allowed parameters of its query.
    package let parameters: [String]
    /// Whether its parameters may be repeated.
    let repeats: Bool
    /// Whether only the TCP listener answers it.
    package let isForTCP: Bool
    let answer: Answer

    init(
        _ method: Method,
        _ path: String,
        takes parameters: [String] = [],
        repeats: Bool = false,
        isForTCP: Bool = false,
        answer: @escaping Answer
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.repeats = repeats
        self.isForTCP = isForTCP
        self.answer = answer
    }

    /// Makes a route for a watched token.
    init(
        _ method: Method,
        token path: String,
        takes parameters: [String] = [],
        repeats: Bool = false,
        answer:
            @escaping @Sendable (StatusRoutes, HTTPRequest, TokenSnapshot) async throws ->
            HTTPResponse
    ) {
        self.init(
            method,
            "/v1/tokens/{id}\(path)",
            takes: parameters,
            repeats: repeats
        ) { routes, request in
            guard let token = await routes.token(in: request) else {
                return routes.noToken(request.segments[2])
            }
            return try await answer(routes, request, token)
        }
    }

    /// Every route.
    package static let all: [StatusRoute] = [
        StatusRoute(.get, "/", takes: ["refresh"] + PageFilter.parameters, isForTCP: true) {
            try $0.tokensPage($1)
        },
        StatusRoute(.get, "/tokens/{id}", isForTCP: true) { await $0.tokenPage($1.segments[1]) },
        StatusRoute(.get, "/notifications", isForTCP: true) { routes, _ in
            await routes.notificationsPage()
        },
        StatusRoute(.get, "/healthz") { routes, _ in await routes.health() },
        StatusRoute(.get, "/metrics") { routes, _ in await routes.metrics() },
        StatusRoute(.get, "/v1/status") { routes, _ in await routes.status() },
        StatusRoute(.get, "/v1/tokens", takes: ["at"] + TokenQuery.parameters) {
            try $0.tokens($1)
        },
        StatusRoute(.get, token: "") { routes, _, token in
            routes.json { token.write(into: &$0, at: routes.ports.clock()) }
        },
        StatusRoute(.get, token: "/history", takes: ["since", "limit"]) {
            try await $0.events($1, token: $2.settings.id)
        },
        StatusRoute(.get, "/v1/tokens/{id}/spans", takes: ["limit"]) { try await $0.spans($1) },
        StatusRoute(.get, token: "/explain") { routes, _, token in
            await routes.explanation(token)
        },
        StatusRoute(.get, token: "/can", takes: ["permission"], repeats: true) {
            try $0.can($1, $2)
        },
        StatusRoute(.get, "/v1/events", takes: ["since", "limit", "token", "follow"]) {
            try await $0.events($1, token: nil)
        },
        StatusRoute(.get, "/v1/deliveries") { routes, _ in await routes.deliveries() },
        StatusRoute(.get, "/v1/expiries.ics") { routes, _ in await routes.expiries() },
        StatusRoute(.post, "/v1/poll", takes: ["wait"]) { try await $0.pollAll($1) },
        StatusRoute(.post, token: "/poll", takes: ["wait"]) { try await $0.poll($1, $2) },
        StatusRoute(.post, token: "/used") { try await $0.announce($1, $2.settings.id) },
        StatusRoute(.post, token: "/ack") { try await $0.acknowledge($1, $2.settings.id) },
        StatusRoute(.delete, token: "/ack") { try await $0.unacknowledge($1, $2.settings.id) },
        StatusRoute(.get, "/v1/mutes") { routes, _ in await routes.mutes() },
        StatusRoute(.post, "/v1/mutes") { try await $0.mute($1) },
        StatusRoute(.delete, "/v1/mutes") { try await $0.unmute($1) },
        StatusRoute(.post, "/v1/test-notify") { try await $0.testNotify($1) },
        StatusRoute(.post, "/v1/reload") { routes, _ in await routes.reload() },
    ]

    /// Whether the decoded segments of a path match this route.
    func matches(_ segments: [String]) -> Bool {
        let parts = path.split(separator: "/")
        return parts.count == segments.count
            && zip(parts, segments).allSatisfy { $0 == "{id}" || $0 == $1 }
    }
}
