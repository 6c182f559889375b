import Alerting
import HTTP
import Monitor

/// `/list/NAME/…`: a list of the stand-in's tokens, at the path of its provider.
struct ListRoutes: Sendable {
    let state: SandboxState

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let path = request.segments
        let answer = state.changingWorld { (world: inout World) -> SandboxAnswer? in
            world.record.begin()
            let answer = world.list(request, named: path[1], path: Array(path.dropFirst(2)))
            if let answer, answer.latency == .zero { world.record.end(status: answer.sentStatus) }
            return answer
        }
        guard let answer else {
            state.changingWorld { $0.record.end(status: 404) }
            return .problem(404, "There is no such list, or its provider has another path.")
        }
        guard answer.latency > .zero else { return answer.response() }
        let isAwaited = (try? await Task.sleep(for: answer.latency)) != nil
        state.changingWorld { $0.record.end(status: isAwaited ? answer.sentStatus : nil) }
        return answer.response()
    }
}

extension World {
    /// What is answered to a request for a page; nil where no such list is.
    mutating func list(
        _ request: HTTPRequest,
        named name: String,
        path: [String]
    ) -> SandboxAnswer? {
        let now = now(.now)
        guard var list = lists[name] else { return nil }
        let play = ListPlay(style: list.style)
        guard request.method == "GET", play.isList(path) else { return nil }
        record.count(id: name)
        var answer: SandboxAnswer
        let rows = rows(of: list, at: now)
        let total = rows.count + list.generated
        func row(_ index: Int) -> ListedRow? {
            if index < rows.count { return rows[index] }
            return index < total ? ListedRow.generated(index, at: now) : nil
        }
        let size = list.pageSize
        let page = play.page(of: request, ids: { row($0)?.id }, pageSize: size)
        if play.secret(of: request) != list.secret {
            let rejection = play.rejection()
            answer = SandboxAnswer(status: rejection.status, body: Array(rejection.body.utf8))
        } else if let page {
            let start = (page - 1) * size
            var shown: [ListedRow] = []
            for index in start..<(start + size) {
                guard let next = row(index) else { break }
                shown.append(next)
            }
            let sent = play.answer(shown, page: page, of: total, following: row(start + size))
            answer = SandboxAnswer(status: 200, body: sent.body)
            answer.headers = sent.headers
        } else {
            answer = SandboxAnswer(status: 400, body: Array(#"{"message":"no such page"}"#.utf8))
        }
        if (page ?? 1) >= list.faultPage {
            answer.fault = Fault.take(&list.fault, at: now)
            lists[name] = list
        }
        answer.latency = answer.fault?.latency ?? .zero
        answer.date = now.httpDate
        return answer
    }
}

extension ListedRow {
    fileprivate static func generated(_ index: Int, at now: Instant) -> ListedRow {
        ListedRow(
            number: 1_000_000 + index,
            id: "row-\(index)",
            name: "row-\(index)",
            permissions: ["read_api"],
            created: Instant(seconds: (now.seconds / 86_400 - 100) * 86_400),
            expires: Instant(seconds: (now.seconds / 86_400 + 90) * 86_400)
        )
    }
}
