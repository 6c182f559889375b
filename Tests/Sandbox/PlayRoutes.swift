import Alerting
import HTTP
import Monitor

/// `/play/NAME/ANSWER/…`: the answer of a provider's play to the request that it documents.
///
/// Behind that base URL stands the provider's own path. Any other request is a 400 that says in what
/// it differs, so that a wrong profile does not pass for a right one.
struct PlayRoutes: Sendable {
    let plays: [ProviderPlay]

    func answer(_ request: HTTPRequest, at now: Instant) -> HTTPResponse {
        let segments = request.segments
        guard segments.count >= 3, let play = plays.first(where: { $0.provider == segments[1] }),
            let answer = play.answer(segments[2])
        else { return .problem(404, "There is no such play, or no such answer in it.") }
        let path = Self.path(of: request)
        if let login = play.login, path == login.path {
            guard request.method == "POST",
                request.body == Array(play.filled(login.body, at: now).utf8)
            else { return .problem(400, "The login is not as documented.") }
            return HTTPResponse(
                status: 200,
                headers: [("Date", now.httpDate), ("Content-Type", "application/json")],
                body: .bytes(Array(play.filled(login.answer, at: now).utf8))
            )
        }
        if let next = answer.next, path == next.path,
            difference(of: request, at: path, from: play, path: next.path, at: now) == nil
        {
            return HTTPResponse(
                status: 200,
                headers: [("Date", now.httpDate), ("Content-Type", "application/json")],
                body: .bytes(Array(play.filled(next.body, at: now).utf8))
            )
        }
        if let difference = difference(of: request, at: path, from: play, path: play.path, at: now)
        {
            return .problem(400, difference)
        }
        var headers = [("Date", now.httpDate)]
        headers += answer.headers.map { ($0.name, play.filled($0.value, at: now)) }
        if !answer.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        return HTTPResponse(
            status: answer.status,
            headers: headers,
            body: .bytes(Array(play.filled(answer.body, at: now).utf8))
        )
    }

    /// What stands behind `/play/NAME/ANSWER`.
    private static func path(of request: HTTPRequest) -> String {
        let target = request.target.split(separator: "/", omittingEmptySubsequences: false)
        let path = target.dropFirst(4).reduce("") { "\($0)/\($1)" }
        return path.isEmpty ? "/" : path
    }

    /// In what a request is not the documented one; nil where it is.
    private func difference(
        of request: HTTPRequest,
        at path: String,
        from play: ProviderPlay,
        path wanted: String,
        at now: Instant
    ) -> String? {
        guard request.method == play.method else { return "The method is \(play.method)." }
        guard path == wanted else { return "The path is \(wanted), not \(path)." }
        for header in play.headers
        where request.headers[header.name] != play.filled(header.value, at: now) {
            return "The header \(header.name) is not as documented."
        }
        guard request.body == Array(play.filled(play.body, at: now).utf8) else {
            return "The body is not as documented."
        }
        return nil
    }
}
