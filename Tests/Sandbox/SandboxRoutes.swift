import Alerting
import HTTP
import Monitor

/// The handlers of paths.
struct SandboxRoutes: Sendable {
    let state: SandboxState
    let plays: PlayRoutes

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if request.path == VPSOrgPlay.path { return await play(request) }
        let segments = request.segments
        switch segments.first {
        case "hooks" where segments.count == 2 && !segments[1].isEmpty:
            return await HookRoutes(state: state, name: segments[1]).answer(request)
        case "pings" where segments.count == 2 && !segments[1].isEmpty && request.method == "GET":
            // A dead man's switch: it learns only that someone pinged.
            return await HookRoutes(state: state, name: segments[1]).receive(request)
        case "play":
            return plays.answer(request, at: state.withWorld { $0.now(.now) })
        case "list" where segments.count > 2:
            return await ListRoutes(state: state).answer(request)
        case "control":
            let rest = Array(segments.dropFirst())
            return await ControlRoutes(state: state).answer(request, rest)
        default: break
        }
        let date = state.withWorld { $0.now(.now) }.httpDate
        if request.path + "/" == VPSOrgPlay.path {
            // As Django does where APPEND_SLASH is set.
            return HTTPResponse(
                status: 301,
                headers: [("Date", date), ("Location", VPSOrgPlay.path)]
            )
        }
        var missing = SandboxAnswer.error(404)
        missing.date = date
        return missing.response()
    }

    private func play(_ request: HTTPRequest) async -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            var wrong = SandboxAnswer.error(405)
            wrong.date = state.withWorld { $0.now(.now) }.httpDate
            var response = wrong.response()
            response.headers.append(("Allow", "GET, HEAD"))
            return response
        }
        let secret = VPSOrgPlay.secret(of: request)
        let answer = state.changingWorld { world in
            world.record.begin()
            let answer = world.poll(secret: secret, at: .now)
            // Most answers are not held back; they end with the same look at the world.
            if answer.latency == .zero { world.record.end(status: answer.sentStatus) }
            return answer
        }
        guard answer.latency > .zero else { return answer.response() }
        // Cancelled when the client is gone: nobody sees the answer then.
        let isAwaited = (try? await Task.sleep(for: answer.latency)) != nil
        state.changingWorld { $0.record.end(status: isAwaited ? answer.sentStatus : nil) }
        return answer.response()
    }
}
