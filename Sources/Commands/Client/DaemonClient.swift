import Alerting
import Formats
import HTTP
import Monitor
import Store
import System

/// Sends requests to the daemon over its status socket.
struct DaemonClient {
    let socketPath: String
    /// The named configuration, for the command that starts the daemon.
    private let configuration: String?
    private let client: HTTPClient
    /// The deadline of all requests together; nil if each has its own.
    private let deadline: Moment?

    /// The size of 100,000 tokens of 1 KiB, twice.
    private static let maximumBodyBytes = 256 << 20

    /// Uses the socket of `--socket`, otherwise the configured one, otherwise the default.
    init(_ arguments: Arguments, _ session: Session, within limit: Duration? = nil) throws {
        let path = try arguments["socket"] ?? Self.socket(of: arguments["config"], session)
        try self.init(arguments, socketPath: path, within: limit)
    }

    /// Creates a client with a configuration that was read already.
    init(_ arguments: Arguments, _ configuration: Configuration) throws {
        try self.init(arguments, socketPath: arguments["socket"] ?? configuration.daemon.socketPath)
    }

    /// Files with an error still give the socket: the daemon may run with the previous ones.
    private static func socket(
        of configuration: String?,
        _ session: Session
    ) throws(Failure) -> String {
        do {
            return try session.configuration(configuration).daemon.socketPath
        } catch {
            if let path = error.socketPath { return path }
            guard configuration == nil else { throw Failure(error) }
            // A user who may use the socket may not be able to read the configuration.
            return "/run/tokenwatchd/status.sock"
        }
    }

    /// Creates a client; `limit` is for all requests together, from now on.
    private init(
        _ arguments: Arguments,
        socketPath: String,
        within limit: Duration? = nil
    ) throws {
        self.socketPath = socketPath
        deadline = limit.map { SystemClock.now().moment + $0 }
        configuration = arguments["config"]
        client = try HTTPClient(
            settings: HTTPClientSettings(systemCAFile: nil, perHostConnections: 1),
            executor: QueueExecutor(label: "tokenwatchd.client")
        )
    }

    /// Sends a request; a reload polls nothing, but may read a hundred thousand secrets.
    func ask(
        _ target: String,
        method: String = "GET",
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(30)
    ) async throws(Failure) -> DaemonAnswer {
        switch await perform(target, method: method, body: body, timeout: timeout) {
        case .success(let answer): return answer
        case .failure(let problem): throw Failure(problem.description)
        }
    }

    /// Sends a request; returns nil instead of a failure if no daemon runs.
    func askIfRunning(
        _ target: String,
        method: String,
        body: [UInt8],
        timeout: Duration = .seconds(5)
    ) async throws(Failure) -> DaemonAnswer? {
        switch await perform(target, method: method, body: body, timeout: timeout) {
        case .success(let answer): return answer
        case .failure(let problem):
            if problem.isAbsence { return nil }
            throw Failure(problem.description)
        }
    }

    private func perform(
        _ target: String,
        method: String,
        body: [UInt8]?,
        timeout: Duration
    ) async -> Result<DaemonAnswer, SocketProblem> {
        var timeout = timeout
        if let deadline {
            timeout = deadline - SystemClock.now().moment
            guard timeout > .zero else {
                return .failure(SocketProblem("the daemon did not answer in time"))
            }
        }
        let call = HTTPCall(
            url: "http://tokenwatchd\(target)",
            method: method,
            body: body ?? (method == "POST" ? [] : nil),
            timeout: timeout,
            maximumBodyBytes: Self.maximumBodyBytes,
            unixSocketPath: socketPath
        )
        switch await client.perform(call) {
        case .answer(let answer):
            return .success(DaemonAnswer(status: answer.status, body: answer.body))
        case .failure(let failure):
            return .failure(
                SocketProblem(path: socketPath, configuration: configuration)
                    ?? SocketProblem(failure.message.escapedForTerminal)
            )
        }
    }

    /// Returns the answer if its status is 2xx; any other status is a failure.
    func get(_ target: String) async throws(Failure) -> DaemonAnswer {
        try await ask(target).expected()
    }
}

/// The daemon's answer.
struct DaemonAnswer {
    let status: Int
    let body: [UInt8]

    func json() throws(Failure) -> JSONValue {
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw Failure("the daemon's answer cannot be read: \(error)")
        }
    }

    /// Returns the elements of an answer that is an array.
    func elements() throws(Failure) -> [JSONValue] {
        guard let elements = try json().elements else {
            throw Failure("the daemon's answer is not a list; compare versions")
        }
        return elements
    }

    /// The daemon's reason for a rejection; nil if there is none.
    var detail: String? { (try? JSONValue(parsing: body))?.text("detail") }

    /// Returns this answer if its status is good.
    func expected() throws(Failure) -> DaemonAnswer {
        if (200..<300).contains(status) { return self }
        if status == 403 {
            throw Failure("\(detail ?? "the daemon rejected that"); run it with sudo")
        }
        // The daemon did it, or its answer is the reason.
        if status == 503, let detail { throw Failure(detail) }
        throw Failure("the daemon answered \(status)" + (detail.map { ": \($0)" } ?? ""))
    }
}
