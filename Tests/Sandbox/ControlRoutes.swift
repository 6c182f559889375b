import Alerting
import Formats
import HTTP
import Monitor

/// Reads the JSON of control requests.
enum ControlText {
    /// Reads an object by the keys of a scenario's steps; an empty text is an empty object.
    ///
    /// - Throws: everything that is wrong with it.
    static func read<Edit>(
        _ body: [UInt8],
        _ read: (inout FieldReader) -> Edit
    ) throws(ScenarioErrors) -> Edit {
        let json: JSONValue
        do {
            json = body.isEmpty ? .object([]) : try JSONValue(parsing: body)
        } catch {
            throw ScenarioErrors(lines: ["the body is not JSON: \(error)"])
        }
        let report = ScenarioReport()
        var fields = FieldReader(ScenarioNode(json, path: ""), path: "", report: report)
        let edit = read(&fields)
        fields.finish()
        try report.finish()
        return edit
    }
}

/// `/control/…`: what tests change and ask while the stand-in runs.
struct ControlRoutes: Sendable {
    let state: SandboxState

    func answer(_ request: HTTPRequest, _ path: [String]) async -> HTTPResponse {
        do throws(ScenarioErrors) {
            switch (request.method, path.first, path.dropFirst().first, path.count) {
            case ("PUT", "tokens", .some(let id), 2) where !id.isEmpty:
                return try putToken(id, request.body)
            case ("DELETE", "tokens", .some(let id), 2): return deleteToken(id)
            case ("PUT", "lists", .some(let name), 2) where !name.isEmpty:
                return try putList(name, request.body)
            case ("PUT", "api", nil, 1): return try putAPI(request.body)
            case ("PUT", "clock", nil, 1): return try putClock(request.body)
            case ("GET", "clock", nil, 1): return clock()
            case ("GET", "requests", nil, 1): return await requests()
            default:
                return .problem(
                    404,
                    "Known are PUT and DELETE of /control/tokens/NAME, PUT of /control/api and "
                        + "/control/lists/NAME, PUT and GET of /control/clock and GET of /control/requests."
                )
            }
        } catch {
            return .problem(400, error.description)
        }
    }

    private func putToken(_ id: String, _ body: [UInt8]) throws(ScenarioErrors) -> HTTPResponse {
        let edit = try ControlText.read(body, TokenEdit.read)
        let problem = state.changingWorld { world in
            let now = world.now(.now)
            return world.apply(edit, to: id, at: now)
        }
        return problem.map { .problem(409, "\(id): \($0)") } ?? HTTPResponse(status: 204)
    }

    private func putList(_ name: String, _ body: [UInt8]) throws(ScenarioErrors) -> HTTPResponse {
        let edit = try ControlText.read(body, ListEdit.read)
        let problem = state.changingWorld { world in
            let now = world.now(.now)
            return world.apply(edit, toList: name, at: now)
        }
        return problem.map { .problem(409, "\(name): \($0)") } ?? HTTPResponse(status: 204)
    }

    private func deleteToken(_ id: String) -> HTTPResponse {
        let wasThere = state.changingWorld { world in
            _ = world.now(.now)
            return world.remove(id)
        }
        return wasThere ? HTTPResponse(status: 204) : .problem(404, "There is no token \(id).")
    }

    private func putAPI(_ body: [UInt8]) throws(ScenarioErrors) -> HTTPResponse {
        let edit = try ControlText.read(body, APIEdit.read)
        state.changingWorld { world in
            let now = world.now(.now)
            world.apply(edit, at: now)
        }
        return HTTPResponse(status: 204)
    }

    private func putClock(_ body: [UInt8]) throws(ScenarioErrors) -> HTTPResponse {
        // A century either way.
        let bound = 36_500 * 86_400
        let seconds = try ControlText.read(body) { $0.integer("offset_s", in: -bound...bound) }
        guard let seconds else {
            return .problem(400, "offset_s is not set; it must be a whole number of seconds.")
        }
        state.changingWorld { world in
            world.setOffset(.seconds(seconds))
            _ = world.now(.now)
        }
        return clock()
    }

    private func clock() -> HTTPResponse {
        let (now, clock) = state.withWorld { ($0.now(.now), $0.clock) }
        var json = JSONWriter()
        json.object { json in
            json.key("now")
            json.value(now)
            json.key("offset_s")
            json.value(clock.offset.wholeSeconds)
            json.key("speed")
            json.verbatim("\(clock.speed)".utf8)
        }
        return .json(json)
    }

    private func requests() async -> HTTPResponse {
        let connections = await state.connectionCount()
        let record = state.withWorld { $0.record }
        var json = JSONWriter(reserving: 4096)
        json.object { json in
            json.key("total")
            json.value(record.total)
            json.key("unauthorized")
            json.value(record.unauthorized)
            json.key("unknown")
            json.value(record.unknown)
            json.key("in_flight")
            json.value(record.inFlight)
            json.key("maximum_in_flight")
            json.value(record.maximumInFlight)
            json.key("connections")
            json.value(connections)
            json.key("statuses")
            json.object { json in
                for (status, count) in record.statuses.sorted(by: { $0.key < $1.key }) {
                    json.key(String(status))
                    json.value(count)
                }
            }
            json.key("tokens")
            json.object { json in
                for (id, count) in record.requests.sorted(by: { $0.key < $1.key }) {
                    json.key(id)
                    json.value(count)
                }
            }
        }
        return .json(json)
    }
}
