import Alerting
import Formats
import HTTP

/// The body of `POST /v1/tokens/{id}/ack`.
struct AcknowledgeRequest {
    let condition: Condition?
    let acknowledgement: Acknowledgement

    /// The longest name or reason: longer ones are no help at 3 in the morning.
    private static let maximumTextBytes = 1000

    /// Reads `{"condition":…,"reason":…,"for":"2d","by":…}`.
    ///
    /// `by` is optional; the default is `asker`.
    ///
    /// - Throws: `BadRequest` with the allowed values.
    init(_ bytes: [UInt8], by asker: String, at now: Instant) throws(BadRequest) {
        guard let body = try? JSONValue(parsing: bytes), body.members != nil else {
            throw BadRequest("the body must be a JSON object with a reason")
        }
        try Self.checkMembers(of: body, known: ["condition", "reason", "for", "by"])
        condition = try Self.condition(body["condition"])
        let reason = try Self.text("reason", body["reason"])
        let by = try Self.name(body["by"]) ?? asker
        var length = Acknowledgement.usual
        if let value = body["for"], !value.isNull {
            guard let duration = value.string.flatMap(DurationText.parse), duration > .zero,
                duration <= Acknowledgement.longest
            else { throw BadRequest("for must be a duration such as \"2d\", at most 90d") }
            length = duration
        }
        acknowledgement = Acknowledgement(by: by, reason: reason, until: now + length)
    }

    /// - Throws: an error for a member that would be ignored.
    static func checkMembers(of body: JSONValue, known: [String]) throws(BadRequest) {
        for member in body.members ?? [] where !known.contains(member.key) {
            throw BadRequest(
                "unknown member \"\(member.key.escapedForTerminal)\": the body takes "
                    + known.joined(separator: ", ")
            )
        }
    }

    static func condition(_ value: JSONValue?) throws(BadRequest) -> Condition? {
        guard let value, !value.isNull else { return nil }
        guard let condition = value.string.flatMap(Condition.init(rawValue:)) else {
            let known = Condition.allCases.map(\.rawValue)
            let nearest = value.string.flatMap { NearestName.of($0, among: known) }
            throw BadRequest(
                nearest.map { "unknown condition; did you mean \"\($0)\"?" }
                    ?? "condition must be one of \(known.joined(separator: ", "))"
            )
        }
        return condition
    }

    /// Returns the claimed name of the person who acknowledges; nil if the body has none.
    static func name(_ value: JSONValue?) throws(BadRequest) -> String? {
        guard let value, !value.isNull else { return nil }
        return try text("by", value)
    }

    static func text(_ name: String, _ value: JSONValue?) throws(BadRequest) -> String {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= maximumTextBytes else {
            throw BadRequest("\(name) must be a text of 1 to \(maximumTextBytes) bytes")
        }
        return text
    }
}

/// The error of an invalid request, with the allowed values.
struct BadRequest: Error {
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }
}

extension StatusRoutes {
    func acknowledge(_ request: HTTPRequest, _ id: TokenID) async throws -> HTTPResponse {
        let asked = try AcknowledgeRequest(
            request.body,
            by: request.peer.userName,
            at: ports.clock()
        )
        let isDone = try await ports.acknowledge(id, asked.condition, asked.acknowledgement)
        guard isDone else { return await nothingToAcknowledge(id, asked.condition) }
        // The host's alert sends the reminders for the alerts that it covers.
        let covered = await ports.token(id)?.state.shownAlerts.filter { alert in
            alert.isCovered && asked.condition.map { $0 == alert.condition } ?? true
        }
        let hosts = (covered ?? []).compactMap { HostTrouble(ofToken: $0.condition)?.ofHost }
        return json { json in
            json.object { json in
                json.field("until", asked.acknowledgement.until)
                json.field("by", asked.acknowledgement.by)
                json.field("covered_by", hosts.map(\.rawValue))
            }
        }
    }

    func unacknowledge(_ request: HTTPRequest, _ id: TokenID) async throws -> HTTPResponse {
        let body = request.body.isEmpty ? nil : try? JSONValue(parsing: request.body)
        if body?.members == nil, !request.body.isEmpty {
            throw BadRequest("the body must be a JSON object, or nothing")
        }
        if let body {
            try AcknowledgeRequest.checkMembers(of: body, known: ["condition", "by"])
        }
        let condition = try AcknowledgeRequest.condition(body?["condition"])
        let by = try AcknowledgeRequest.name(body?["by"]) ?? request.peer.userName
        guard try await ports.unacknowledge(id, condition, by) else {
            let which = condition.map { " \($0.rawValue)" } ?? ""
            return .problem(409, "\(id): no acknowledged alert\(which)")
        }
        return json { $0.object { _ in } }
    }

    private func nothingToAcknowledge(_ id: TokenID, _ condition: Condition?) async -> HTTPResponse
    {
        let awaiting = await ports.token(id)?.state.shownAlerts.first { alert in
            alert.isUnconfirmed && condition.map { $0 == alert.condition } ?? true
        }
        if let awaiting {
            return .problem(
                409,
                "\(id): \(awaiting.condition.rawValue) is not yet confirmed by a second poll; "
                    + "acknowledge it once it is"
            )
        }
        return .problem(
            409,
            condition.map { "\(id) has no alert \($0.rawValue)" } ?? "\(id) has no alert"
        )
    }
}

extension HTTPPeer {
    /// The name of the user at the other end, which the kernel proves.
    var userName: String {
        guard case .unix(let user, _, _) = self else { return "unknown" }
        return UserName.name(of: user) ?? "user \(user)"
    }
}
