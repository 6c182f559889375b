import Alerting
import Formats
import Foundation
import HTTP
import Monitor
import Synchronization
import Testing

@testable import Commands

/// 2026-11-21 08:00 UTC.
let now = Instant(seconds: 1_795_248_000)

func instant(_ distance: Duration) -> Instant { now + distance }

/// A token object of the status socket.
func tokenJSON(
    _ id: String,
    state: String = "ok",
    expiresIn: Duration? = .days(90),
    permissions: [String]? = ["dns:*"],
    owner: String? = nil,
    alerts: [String] = [],
    name: String? = "Key",
    accountName: String? = nil,
    company: String? = nil
) -> String {
    func quoted(_ text: String?) -> String {
        var json = JSONWriter()
        json.value(text)
        return json.text
    }
    let expiry = expiresIn.map { instant($0).rfc3339 }
    let held = permissions.map { "[\($0.map(quoted).joined(separator: ","))]" } ?? "null"
    return """
        {"id":\(quoted(id)),"provider":"vps.org","host":"admin.vps.org","state":"\(state)","name":\(quoted(name)),
        "account":"john@example.com","account_name":\(quoted(accountName)),
        "company":\(quoted(company)),"permissions":\(held),
        "created_at":"2026-01-01T00:00:00Z","expiry":"\(expiry == nil ? "never" : "known")",
        "expires_at":\(quoted(expiry)),"expires_in_s":null,"expires_from":"provider",
        "expires_warning_s":2592000,"expires_critical_s":259200,
        "last_used_at":"2026-11-21T07:57:00Z","last_used_by":"self",
        "last_used_elsewhere_at":null,"last_poll_at":"2026-11-21T07:57:00Z",
        "last_ok_at":"2026-11-21T07:57:00Z","last_outcome":"ok","last_error":null,
        "next_poll_at":"2026-11-21T08:43:00Z","alerts":[\(alerts.joined(separator: ","))],
        "owner":\(quoted(owner)),"renew_url":null,"note":null}
        """
}

func alertJSON(
    _ condition: String,
    _ severity: String,
    stage: String? = nil,
    acknowledged: String? = nil,
    _ summary: String
) -> String {
    let stage = stage.map { "\"\($0)\"" } ?? "null"
    return """
        {"condition":"\(condition)","severity":"\(severity)","since":"2026-11-21T07:00:00Z",
        "stage":\(stage),"acknowledged":\(acknowledged ?? "null"),"next_reminder_at":null,"summary":"\(summary)"}
        """
}

func token(_ json: String) throws -> TokenReport {
    try TokenReport(try JSONValue(parsing: Array(json.utf8)))
}

/// `count` tokens with names of some length, of which every tenth has a warning.
func tokens(_ count: Int) throws -> [TokenReport] {
    try (0..<count).map { number in
        try token(
            tokenJSON(
                "service-\(number)-of-production",
                state: number.isMultiple(of: 10) ? "warning" : "ok",
                expiresIn: .days(Int64(7 + number % 300)),
                permissions: ["billing:read", "dns:*", "servers:list"],
                owner: "platform team",
                alerts: number.isMultiple(of: 10)
                    ? [alertJSON("expiring", "warning", stage: "7d", "it expires")] : []
            )
        )
    }
}

/// What a command printed.
final class Printed: Sendable {
    private let texts = Mutex<(output: String, errors: String)>(("", ""))

    var output: String { texts.withLock(\.output) }
    var errors: String { texts.withLock(\.errors) }
    var outputLines: [String] { output.split(separator: "\n").map(String.init) }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

    func console(width: Int? = nil) -> Console {
        Console(width: width, hasColour: false) { stream, text in
            self.texts.withLock {
                switch stream {
                case .output: $0.output += text
                case .error: $0.errors += text
                }
            }
        }
    }
}

/// Runs a command line as the program would.
func run(
    _ arguments: String...,
    width: Int? = nil,
    into printed: Printed = Printed(),
    daemon: @escaping @Sendable (String?) -> Int32 = { _ in 71 }
) async -> (status: Int32, printed: Printed) {
    let session = Session(
        console: printed.console(width: width),
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { path, _ in daemon(path) }
    )
    return (await Program.run(arguments, session), printed)
}

/// The same for words that a test has made.
func run(_ words: [String]) async -> (status: Int32, printed: Printed) {
    let printed = Printed()
    let session = Session(
        console: printed.console(),
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { _, _ in 71 }
    )
    return (await Program.run(words, session), printed)
}

/// A directory that is removed with the value that made it.
final class Folder: Sendable {
    let path: String

    init() throws {
        // Short: a Unix socket's path has 107 bytes at most.
        path = "/tmp/commands-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }
}

/// A daemon of canned answers, on a real socket.
final class FakeDaemon: Sendable {
    let folder: Folder
    var socket: String { folder.path + "/s" }
    private let server: HTTPServer
    private let asked = Mutex<[String]>([])

    /// Every request, as `GET /v1/tokens`.
    var requests: [String] { asked.withLock { $0 } }

    private let sent = Mutex<[String]>([])

    /// The body of every request that had one.
    var bodies: [String] { sent.withLock { $0 } }

    /// `answers` are status and body for `METHOD /path`; 404 for all others.
    ///
    /// `isStuck`: a daemon that takes requests and never answers.
    init(_ answers: [String: (Int, String)], isStuck: Bool = false) async throws {
        signal(SIGPIPE, SIG_IGN)
        folder = try Folder()
        let box = Box()
        server = HTTPServer { request in
            let target = "\(request.method) \(request.target)"
            box.owner?.asked.withLock { $0.append(target) }
            if isStuck { try? await Task.sleep(for: .seconds(3600)) }
            if !request.body.isEmpty {
                let body = String(decoding: request.body, as: UTF8.self)
                box.owner?.sent.withLock { $0.append(body) }
            }
            guard
                let (status, body) = answers[target] ?? answers["\(request.method) \(request.path)"]
            else { return .problem(404, "there is nothing") }
            return HTTPResponse(status: status, body: .bytes(Array(body.utf8)))
        }
        box.set(self)
        try await server.serve(listener: try ListeningSocket.unix(path: socket, mode: 0o600))
    }

    func stop() async { await server.stop() }

    /// Lets the server's handler, which is made first, find its owner.
    private final class Box: Sendable {
        private struct Weak: Sendable { weak var owner: FakeDaemon? }
        private let held = Mutex(Weak())
        var owner: FakeDaemon? { held.withLock(\.owner) }
        func set(_ owner: FakeDaemon) { held.withLock { $0.owner = owner } }
    }
}
