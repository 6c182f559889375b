import Alerting
import Formats
import HTTP
import Synchronization
import System
import Testing

/// A provider that wants a login, and counts them.
private final class LoginProvider: Sendable {
    struct State: Sendable {
        var logins = 0
        var isClientKnown = true
        /// The access token that is taken.
        var granted = ""
        var bodies: [String] = []
    }

    let state = Mutex(State())

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        state.withLock { state in
            if request.path == "/login" {
                state.bodies.append(String(decoding: request.body, as: UTF8.self))
                guard state.isClientKnown else {
                    return Self.json(401, #"{"error":"invalid_client"}"#)
                }
                state.logins += 1
                state.granted = "granted-\(state.logins)"
                return Self.json(200, #"{"access_token":"\#(state.granted)","expires_in":3600}"#)
            }
            guard request.headers["Authorization"] == "Bearer \(state.granted)" else {
                return Self.json(401, #"{"error":"expired"}"#)
            }
            return Self.json(200, #"{"name":"robot","expires_at":"2090-01-31T12:00:00Z"}"#)
        }
    }

    private static func json(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(Array(body.utf8))
        )
    }
}

/// Logins through the built program.
@Suite(.timeLimit(.minutes(2)))
struct DaemonLoginTests {
    @Test func `a login is made once, again when its token is not taken, and can be rejected`()
        async throws
    {
        let provider = LoginProvider()
        let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let server = HTTPServer(limits: HTTPLimits()) { provider.answer($0) }
        try await server.serve(listener: socket)
        var settings = Settings()
        settings.tokens = []
        settings.more = """
            [providers.robots]
            url = "{base}/me"
            headers = { Authorization = "Bearer {access_token}" }
            login = { url = "{base}/login", method = "POST", headers = { Content-Type = "application/x-www-form-urlencoded" }, body = "client_secret={secret}", token = "/access_token" }
            name = "/name"
            expires = "/expires_at"
            [tokens.robot]
            provider = "robots"
            base_url = "http://127.0.0.1:\(socket.port ?? 0)"
            secret = "cl13nt-s3cret-1"

            """
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen("robot")
            #expect(try await daemon.token("robot")["name"]?.string == "robot")
            try await daemon.pollNow("robot")
            try await daemon.untilPolled(2)
            // The second poll used the access token of the first one.
            #expect(provider.state.withLock { $0.logins } == 1)
            #expect(provider.state.withLock { $0.bodies } == ["client_secret=cl13nt-s3cret-1"])

            provider.state.withLock { $0.granted = "revoked" }
            try await daemon.pollNow("robot")
            try await daemon.untilPolled(3)
            #expect(try await daemon.token("robot")["last_outcome"]?.string == "ok")
            #expect(provider.state.withLock { $0.logins } == 2)

            provider.state.withLock { ($0.granted, $0.isClientKnown) = ("revoked", false) }
            try await daemon.pollNow("robot")
            let told = try await daemon.told("raised", "rejected", of: "robot")
            #expect(told.text.contains("the login: 401"), "\(told.text)")
            #expect(!told.text.contains("granted-") && !told.text.contains("cl13nt"))

            provider.state.withLock { $0.isClientKnown = true }
            let polled = try await daemon.offline("poll", "robot")
            #expect(polled.status == 0, "\(polled)")
            #expect(!daemon.errors.contains("granted-") && !daemon.errors.contains("cl13nt"))
        }
        await server.stop()
    }
}
