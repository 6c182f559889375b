import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// An event as a receiver got it.
struct Told: Sendable {
    let json: JSONValue
    let text: String

    init(json: JSONValue, text: String = "") {
        self.json = json
        self.text = text
    }

    /// Nil for what is no event.
    init?(_ record: HookRecord) {
        guard record.answered == 200, let json = try? JSONValue(parsing: record.body) else {
            return nil
        }
        self.init(json: json, text: record.text)
    }

    var id: String { json["id"]?.string ?? "" }
    var alertID: String? { json["alert_id"]?.string }
    var type: String { json["type"]?.string ?? "" }
    var phase: String { json["phase"]?.string ?? "" }
    var severity: String { json["severity"]?.string ?? "" }
    var summary: String { json["summary"]?.string ?? "" }
    var token: String? { json["token"]?["id"]?.string }
    var details: JSONValue { json["details"] ?? .null }

    /// Phase, type and token: `raised expiring a`.
    var words: String { "\(phase) \(type) \(token ?? "-")" }
}

/// Nobody listens on the status socket.
struct Unreached: Error, CustomStringConvertible {
    let description: String
}

extension DaemonUnderTest {
    /// What the webhook took, oldest first; once each where a restart may repeat it.
    var told: [Told] {
        let all = sandbox.received(Self.hook).compactMap { Told($0) }
        guard hasEnded else { return all }
        var seen: Set<String> = []
        return all.filter { seen.insert($0.id).inserted }
    }

    /// The first event of these words behind another that the webhook takes; it may be to come.
    func told(
        _ phase: String,
        _ type: String,
        of token: String = "a",
        after last: Told? = nil
    ) async throws -> Told {
        let find: @Sendable (SandboxRecord) -> Told? = { record in
            record.received(Self.hook).compactMap { Told($0) }.first {
                $0.words == "\(phase) \(type) \(token)" && $0.id > (last?.id ?? "")
            }
        }
        try await sandbox.wait { find($0) != nil }
        return try #require(find(sandbox.record))
    }

    /// Checks that what the webhook was told is in the log and in the record too.
    func expectEverywhere(_ event: Told) async throws {
        let line = try await log.first { $0.contains("event=\(event.id)") }
        #expect(line.contains("\(event.type) \(event.phase) token=\(event.token ?? "")"))
        #expect(line.contains(event.summary), "\(line)")
        let word = event.phase == "resolved" ? "resolved" : event.severity
        #expect(line.contains("]: \(word): "), "\(line)")
        let recorded = try await events()
        #expect(recorded.contains { $0.json == event.json }, "\(event.words)")
    }

    /// The record, oldest first.
    func events(_ query: String = "?limit=1000") async throws -> [Told] {
        let answer = try await ask("GET", "/v1/events" + query)
        try #require(answer.status == 200, "\(answer.text)")
        return try #require(answer.json?.elements).map { Told(json: $0) }
    }

    /// Has everything polled at once.
    func pollNow(_ id: String? = nil) async throws {
        let path = id.map { "/v1/tokens/\($0)/poll" } ?? "/v1/poll"
        #expect(try await ask("POST", path).status == 202)
    }

    /// The object of a token.
    func token(_ id: String = "a") async throws -> JSONValue {
        let answer = try await ask("GET", "/v1/tokens/\(id)")
        try #require(answer.status == 200, "\(answer.text)")
        return try #require(answer.json)
    }

    /// The object of a token once it is as wanted; it is asked for until then.
    @discardableResult
    func token(
        _ id: String = "a",
        until isWanted: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        // Nothing announces a poll that leaves the state as it was.
        try await eventually {
            let token = try await token(id)
            return isWanted(token) ? token : nil
        }
    }

    /// Waits until a token was answered well.
    func untilSeen(_ id: String = "a") async throws {
        try await token(id) { $0["last_outcome"]?.string == "ok" }
    }

    /// `GET /v1/status`.
    func overview() async throws -> JSONValue {
        try #require(try await ask("GET", "/v1/status").json)
    }

    /// Waits until so many polls have ended: one that is asked for during another is that one.
    func untilPolled(_ count: Int) async throws {
        try await eventually {
            try await overview()["polls"]?["done"]?.integer ?? 0 >= Int64(count)
        }
    }

    /// Waits until so many deliveries are not done: what a receiver took is written a little later.
    func untilWaiting(_ count: Int64) async throws {
        try await eventually {
            try await overview()["deliveries"]?["waiting"]?.integer == count
        }
    }

    /// One request to the status socket on a connection of its own.
    func ask(
        _ method: String,
        _ path: String,
        version: String = "1.0",
        body: String = ""
    ) async throws -> RawAnswer {
        // An answer to HTTP/1.0 ends with its connection.
        try await talk(
            "\(method) \(path) HTTP/\(version)\r\nHost: tokenwatchd\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        )
    }

    /// Bytes to the status socket, and all that comes back.
    func talk(_ text: String) async throws -> RawAnswer {
        try await talk(Array(text.utf8))
    }

    func talk(_ bytes: [UInt8]) async throws -> RawAnswer {
        let path = socket
        return try await onThread {
            let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard connected == 0 else {
                throw Unreached(description: "\(path): \(String(cString: strerror(errno)))")
            }
            return RawAnswer(bytes: converse(descriptor, bytes))
        }
    }
}
