import Alerting
import Dispatch
import Formats
import Glibc
import Monitor
import Sandbox

/// The program from its arguments to its exit status.
enum Program {
    // sysexits.h
    private static let badUsage: Int32 = 64
    private static let cannotStart: Int32 = 71
    private static let badScenario: Int32 = 78

    /// The largest scenario file, in bytes: what TOML is read at all.
    private static let maximumScenarioBytes = TOML.maximumBytes

    static func run(_ arguments: [String]) async -> Int32 {
        let options: Options
        switch Options.read(arguments) {
        case .run(let read): options = read
        case .help:
            Line.print(Options.usage)
            return 0
        case .bad(let problem):
            Line.complain("\(problem); --help shows the options")
            return badUsage
        }
        let file = options.scenario ?? ""
        guard let text = contents(of: file) else {
            Line.complain("\(file): \(String(cString: strerror(errno)))")
            return badScenario
        }
        do {
            let scenario = try Scenario(parsing: text, file: file)
            let plays = try options.plays.map { folder throws(ScenarioErrors) in
                try ProviderPlays.load(folder)
            }
            return await serve(scenario, plays ?? [], options)
        } catch {
            Line.complain(error.description)
            return badScenario
        }
    }

    private static func serve(
        _ scenario: Scenario,
        _ plays: [ProviderPlay],
        _ options: Options
    ) async -> Int32 {
        // Before anything runs: a signal from here on ends the program in order.
        let (signals, sources) = stopSignals()
        defer { for source in sources { source.cancel() } }
        var onHook: (@Sendable (HookRecord) -> Void)?
        if options.prints { onHook = { Line.print(Line.of($0)) } }
        let server = SandboxServer(
            scenario: scenario,
            plays: plays,
            speed: options.speed,
            host: options.host,
            port: options.port,
            onHook: onHook
        )
        do {
            var receiver: SyslogReceiver?
            if let path = options.syslog {
                receiver = try SyslogReceiver(path: path) { message in
                    Line.print("syslog: \(message.escapedForTerminal)")
                }
            }
            try await server.start()
            Line.print("listening on \(server.baseURL)")
            for await _ in signals { break }
            await server.stop()
            withExtendedLifetime(receiver) {}
            return 0
        } catch {
            Line.complain("\(error)")
            return cannotStart
        }
    }

    private static func stopSignals() -> (AsyncStream<Void>, [any DispatchSourceSignal]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.activate()
            return source
        }
        return (stream, sources)
    }

    /// The bytes of a file, at most one more than are read; nil with `errno`.
    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= maximumScenarioBytes {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return bytes
    }
}
