import Alerting
import Formats
import HTTP
import Monitor
import Store

/// `/hooks/NAME`: a receiver of webhooks that reports what it got, and fails on request.
///
/// It records and answers requests to `/pings/NAME`, a dead man's switch, in the same way.
struct HookRoutes: Sendable {
    /// Receivers there can be.
    private static let maximumHooks = 64

    let state: SandboxState
    let name: String

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        switch request.method {
        case "POST": return await receive(request)
        case "GET", "HEAD": return await tell(request)
        case "PUT": return configure(request)
        case "DELETE":
            state.changingWorld { $0.record.hooks[name]?.clear() }
            return HTTPResponse(status: 204)
        default:
            return .problem(
                405,
                "A receiver takes GET, POST, PUT and DELETE.",
                headers: [("Allow", "GET, HEAD, POST, PUT, DELETE")]
            )
        }
    }

    /// Takes a request for what it is, notes it, and answers as the receiver shall.
    func receive(_ request: HTTPRequest) async -> HTTPResponse {
        let name = name
        let taken: (SandboxAnswer, HookRecord)? = state.changingWorld { world in
            guard isAllowed(in: world) else { return nil }
            let now = world.now(.now)
            var log = world.record.hooks[name] ?? HookLog()
            // Two owners of one log would copy it.
            world.record.hooks[name] = nil
            var answer = SandboxAnswer(status: 200, body: Array(#"{"ok":true}"#.utf8))
            answer.fault = Fault.take(&log.fault, at: now)
            answer.date = now.httpDate
            let record = HookRecord(
                hook: name,
                method: request.method,
                headers: request.headers.all,
                body: request.body,
                receivedAt: now,
                answered: answer.sentStatus
            )
            log.append(record)
            world.record.hooks[name] = log
            return (answer, record)
        }
        guard let (answer, record) = taken else { return tooMany }
        state.onHook?(record)
        if let latency = answer.fault?.latency, latency > .zero {
            try? await Task.sleep(for: latency)
        }
        return answer.response()
    }

    /// All that was received; with `?wait_for=3` once there are so many.
    private func tell(_ request: HTTPRequest) async -> HTTPResponse {
        let name = name
        if let wanted = request.query("wait_for").flatMap({ Int($0) }) {
            try? await state.wait { $0.hooks[name, default: HookLog()].records.count >= wanted }
        }
        let records = state.withWorld { $0.record.received(name) }
        var json = JSONWriter(reserving: 4096)
        json.array { json in
            for record in records { json.write(record) }
        }
        return .json(json)
    }

    private func configure(_ request: HTTPRequest) -> HTTPResponse {
        let name = name
        do {
            let fault = try ControlText.read(request.body, Fault.read(from:))
            let isDone = state.changingWorld { world in
                guard isAllowed(in: world) else { return false }
                let now = world.now(.now)
                world.record.hooks[name, default: HookLog()].fault = fault.begun(at: now)
                return true
            }
            return isDone ? HTTPResponse(status: 204) : tooMany
        } catch {
            return .problem(400, error.description)
        }
    }

    private func isAllowed(in world: World) -> Bool {
        world.record.hooks[name] != nil || world.record.hooks.count < Self.maximumHooks
    }

    private var tooMany: HTTPResponse {
        .problem(507, "There are \(Self.maximumHooks) receivers already; use one of them.")
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ record: HookRecord) {
        object { json in
            json.key("method")
            json.value(record.method)
            json.key("headers")
            json.object { json in
                // Lines of one name are one value, as RFC 9110 §5.3 has it.
                var merged: [(String, String)] = []
                for (name, value) in record.headers {
                    let name = name.lowercased()
                    if let place = merged.firstIndex(where: { $0.0 == name }) {
                        merged[place].1 += ", " + value
                    } else {
                        merged.append((name, value))
                    }
                }
                for (name, value) in merged {
                    json.key(name)
                    json.value(value)
                }
            }
            json.key("body")
            json.value(record.text)
            json.key("received_at")
            json.value(record.receivedAt)
            json.key("answered")
            if let status = record.answered { json.value(status) } else { json.null() }
        }
    }
}

extension HTTPResponse {
    /// A document as an answer.
    static func json(_ json: JSONWriter) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: [("Content-Type", "application/json")],
            body: .bytes(json.bytes)
        )
    }
}
