import Alerting
import Formats
import HTTP

/// The body of `POST` and `DELETE /v1/mutes`.
struct MuteRequest {
    let scopes: [Mute.Scope]
    let by: String
    /// The reason; empty in a request to end mutes.
    let reason: String
    /// The length; zero in a request to end mutes.
    let length: Duration

    /// The most tokens: nobody names more at once by hand.
    private static let mostTokens = 100

    /// Reads a request with a scope, such as `{"owner":…,"for":"2h","reason":…,"by":…}`.
    ///
    /// The scope is one of `"tokens":[…]`, `"host":…`, `"owner":…` and `"provider":…`.
    ///
    /// - Throws: `BadRequest` with the allowed values.
    init(_ bytes: [UInt8], isEnd: Bool, by asker: String) throws(BadRequest) {
        guard let body = try? JSONValue(parsing: bytes), body.members != nil else {
            throw BadRequest("the body must be a JSON object with tokens, host, owner or provider")
        }
        let scopeKeys = ["tokens", "host", "owner", "provider"]
        try AcknowledgeRequest.checkMembers(
            of: body,
            known: scopeKeys + (isEnd ? ["by"] : ["for", "reason", "by"])
        )
        let given = scopeKeys.filter { body[$0].map { !$0.isNull } ?? false }
        guard given.count == 1, let key = given.first else {
            throw BadRequest("set one of \(scopeKeys.joined(separator: ", "))")
        }
        scopes = try Self.scopes(key, body[key])
        guard !isEnd else {
            (reason, length) = ("", .zero)
            by = try AcknowledgeRequest.name(body["by"]) ?? asker
            return
        }
        reason = try AcknowledgeRequest.text("reason", body["reason"])
        by = try AcknowledgeRequest.name(body["by"]) ?? asker
        guard let length = body["for"]?.string.flatMap(DurationText.parse), length > .zero,
            length <= Mute.longest
        else { throw BadRequest("for must be a duration such as \"2h\", at most 90d") }
        self.length = length
    }

    private static func scopes(_ key: String, _ value: JSONValue?) throws(BadRequest) -> [Mute
        .Scope]
    {
        guard key == "tokens" else {
            let name = try AcknowledgeRequest.text(key, value)
            guard let scope = Mute.Scope(kind: key, name: name) else {
                throw BadRequest("\(key) must be a name")
            }
            return [scope]
        }
        let ids = value?.elements?.map { $0.string.flatMap { TokenID.written($0) } } ?? []
        guard (1...mostTokens).contains(ids.count), !ids.contains(nil) else {
            throw BadRequest("tokens must be an array of 1 to \(mostTokens) ids of tokens")
        }
        var seen: Set<TokenID> = []
        return ids.compactMap(\.self).filter { seen.insert($0).inserted }.map { .token($0) }
    }
}

extension StatusRoutes {
    func mutes() async -> HTTPResponse {
        let mutes = await ports.mutes()
        return json { $0.value(mutes) }
    }

    func mute(_ request: HTTPRequest) async throws -> HTTPResponse {
        let asked = try MuteRequest(request.body, isEnd: false, by: request.peer.userName)
        let result = try await ports.mute(asked.scopes, asked.by, asked.reason, asked.length)
        return answer(result, otherwise: Self.nothingIn)
    }

    func unmute(_ request: HTTPRequest) async throws -> HTTPResponse {
        let asked = try MuteRequest(request.body, isEnd: true, by: request.peer.userName)
        let result = try await ports.unmute(asked.scopes, asked.by)
        return answer(result) { scope, other in
            let words = "\(scope.description.escapedForTerminal) is not muted"
            guard let other else { return .problem(409, words) }
            let name = other.description.escapedForTerminal
            return .problem(
                409,
                scope.kind == other.kind
                    ? "\(words); did you mean \(name)?" : "\(words) itself: \(name) is"
            )
        }
    }

    private func answer(
        _ result: MuteResult,
        otherwise nothing: (Mute.Scope, _ other: Mute.Scope?) -> HTTPResponse
    ) -> HTTPResponse {
        switch result {
        case .done(let mutes): json { $0.value(mutes) }
        case .nothing(let scope, let other): nothing(scope, other)
        case .tooMany:
            .problem(409, "there are \(MuteBook.most) mutes, the maximum: tokenwatchd unmute")
        }
    }

    /// Returns the error for a name without any match, which is almost always misspelled.
    private static func nothingIn(_ scope: Mute.Scope, _ other: Mute.Scope?) -> HTTPResponse {
        let name = "\"\(scope.name.escapedForTerminal)\""
        let near = other.map { "; did you mean \($0.name.escapedForTerminal)?" } ?? ""
        return switch scope {
        case .token: .problem(404, "there is no token \(name)")
        case .host: .problem(404, "no token is polled at a host \(name)\(near)")
        case .owner: .problem(404, "no token has an owner \(name)\(near)")
        case .provider: .problem(404, "no token has the provider \(name)\(near)")
        }
    }
}

extension JSONWriter {
    mutating func value(_ mutes: [Mute]) {
        array { json in for mute in mutes { mute.write(into: &json) } }
    }
}

extension Mute {
    /// Writes a mute: only one of its token, host, owner and provider is not null.
    func write(into json: inout JSONWriter) {
        json.object { json in
            for kind in ["token", "host", "owner", "provider"] {
                json.field(kind, kind == scope.kind ? scope.name : nil)
            }
            json.field("by", by)
            json.field("reason", reason)
            json.field("since", since)
            json.field("until", until)
        }
    }
}
