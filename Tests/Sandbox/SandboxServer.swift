package import Alerting
import HTTP
import Monitor
import Synchronization
import System

/// A stand-in for VPS.org's API, with plays of other providers and a webhook receiver, on a loopback
/// socket.
///
/// It runs inside the process that makes it; `tokenwatch-sandbox` is one. What it plays is a
/// scenario, and can be changed from outside at any time.
package final class SandboxServer: Sendable {
    let state: SandboxState
    private let http: HTTPServer
    private let host: String
    private let listener: Mutex<ListeningSocket?> = Mutex(nil)
    private let wantedPort: UInt16

    /// A server that does not listen yet; its clock runs.
    ///
    /// - Parameters:
    ///   - scenario: what is played.
    ///   - plays: of other providers, under `/play/NAME/ANSWER`.
    ///   - speed: sandbox seconds a second; more than 0.
    ///   - host: an IPv4 or IPv6 literal.
    ///   - port: 0 for any that is free.
    ///   - onHook: told of every request to a webhook receiver.
    package init(
        scenario: Scenario = Scenario(),
        plays: [ProviderPlay] = [],
        speed: Double = 1,
        host: String = "127.0.0.1",
        port: UInt16 = 0,
        onHook: (@Sendable (HookRecord) -> Void)? = nil
    ) {
        let state = SandboxState(
            World(
                scenario,
                clock: SandboxClock(start: SystemClock.now().instant, started: .now, speed: speed)
            ),
            onHook: onHook
        )
        self.state = state
        self.host = host
        wantedPort = port
        var limits = HTTPLimits()
        // A benchmark polls with as many connections as it likes.
        limits.connections = 8192
        let routes = SandboxRoutes(state: state, plays: PlayRoutes(plays: plays))
        http = HTTPServer(limits: limits) { await routes.answer($0) }
    }

    /// Begins to listen.
    ///
    /// - Throws: `ListeningError`.
    package func start() async throws {
        let socket = try ListeningSocket.tcp(host: host, port: wantedPort)
        listener.withLock { $0 = socket }
        let http = http
        state.setConnectionCount { await http.figuresNow().connections }
        try await http.serve(listener: socket)
    }

    /// Ends every connection and stops listening, for good.
    package func stop() async {
        await http.stop()
        listener.withLock { $0 = nil }
    }

    /// The port that is listened on; 0 before `start`.
    package var port: UInt16 { listener.withLock { $0?.port ?? 0 } }

    /// What a configuration names as `base_url`.
    package var baseURL: String {
        host.contains(":") && !host.hasPrefix("[")
            ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }

    /// The sandbox's time.
    package var now: Instant { state.withWorld { $0.now(.now) } }

    /// What was seen so far.
    package var record: SandboxRecord { state.withWorld { $0.record } }

    /// Changes a token at once, or makes it.
    ///
    /// - Throws: `ScenarioErrors` when there is no such token and no secret for it, or another one
    ///   has the secret.
    package func edit(_ token: String, _ edit: TokenEdit) throws(ScenarioErrors) {
        let problem = state.changingWorld { world in
            let now = world.now(.now)
            return world.apply(edit, to: token, at: now)
        }
        if let problem { throw ScenarioErrors(lines: ["\(token): \(problem)"]) }
    }

    /// Changes a token at once, or makes it, by the JSON of `PUT /control/tokens/NAME`.
    ///
    /// - Throws: `ScenarioErrors`.
    package func edit(_ token: String, json: String) throws(ScenarioErrors) {
        try edit(token, ControlText.read(Array(json.utf8), TokenEdit.read))
    }

    /// Changes a list at once, or makes it, by the JSON of `PUT /control/lists/NAME`.
    ///
    /// - Throws: `ScenarioErrors`.
    package func editList(_ name: String, json: String) throws(ScenarioErrors) {
        let edit = try ControlText.read(Array(json.utf8), ListEdit.read)
        let problem = state.changingWorld { world in
            let now = world.now(.now)
            return world.apply(edit, toList: name, at: now)
        }
        if let problem { throw ScenarioErrors(lines: ["\(name): \(problem)"]) }
    }

    /// Forgets a token.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    package func remove(_ token: String) -> Bool {
        state.changingWorld { world in
            _ = world.now(.now)
            return world.remove(token)
        }
    }

    /// Changes what holds for the whole API.
    package func edit(_ edit: APIEdit) {
        state.changingWorld { world in
            let now = world.now(.now)
            world.apply(edit, at: now)
        }
    }

    /// Sets the sandbox's clock so far ahead of where it would be; steps follow it.
    package func setClock(offset: Duration) {
        state.changingWorld { world in
            world.setOffset(offset)
            _ = world.now(.now)
        }
    }

    /// Makes a webhook receiver fail; nil makes it sound again.
    package func setHook(_ name: String, fault: Fault?) {
        state.changingWorld { world in
            let now = world.now(.now)
            world.record.hooks[name, default: HookLog()].fault = fault?.begun(at: now)
        }
    }

    /// What a webhook receiver got, oldest first.
    package func received(_ hook: String) -> [HookRecord] { record.received(hook) }

    /// Forgets what a webhook receiver got.
    package func clearHook(_ name: String) {
        state.changingWorld { $0.record.hooks[name]?.clear() }
    }

    /// Waits until what was seen meets a condition.
    ///
    /// - Parameter condition: asked after each request; it may not call the server.
    /// - Throws: `CancellationError`.
    package func wait(
        until condition: @escaping @Sendable (SandboxRecord) -> Bool
    ) async throws {
        try await state.wait(until: condition)
    }
}
