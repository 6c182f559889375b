import Foundation
import Glibc
import Monitor
import Sandbox
import Synchronization
import Testing

/// The configuration of a daemon under test.
struct Settings: Sendable {
    /// A token of the configuration and of the stand-in; its secret is `s3cret-ID` and in a file.
    struct Token: Sendable {
        var id: String
        /// More lines of `[tokens.ID]`; one that names `base_url` takes the place of the stand-in's.
        var config = ""
        /// Lines of the stand-in's token.
        var play = "permissions = [\"dns:list\"]\nexpires = \"+90d\""
    }

    var daemon = ""
    var polling = #"interval = "1h""#
    var policy = ""
    /// Answers are believed at once where a test is about something else; nil is the default.
    var confirmAfter: String? = "0s"
    var tokens = [Token(id: "a")]
    /// Nil for one of each kind that get everything.
    var channels: String?
    /// More lines of `[channels.ops]`.
    var webhook = ""
    /// Tables at the end; `{sandbox}` in them is the stand-in's base URL.
    var more = ""
    /// Of other providers.
    var plays: [ProviderPlay] = []

    init(_ tokens: Token..., polling: String = #"interval = "1h""#) {
        if !tokens.isEmpty { self.tokens = tokens }
        self.polling = polling
    }

    /// Polls often, for what comes of several polls.
    static let busy = #"interval = "1s""#
}

/// The built daemon in a directory of its own, beside a stand-in for its provider and receivers.
final class DaemonUnderTest: Sendable {
    let folder: String
    let sandbox: SandboxServer
    /// What the log daemon got.
    let log = Lines()
    private let receiver: Mutex<SyslogReceiver?>
    private let running = Mutex<RunningProgram?>(nil)
    private let companions = Mutex<[RunningProgram]>([])
    private let ended = Mutex(false)
    /// Whether the daemon has ended once: another one may repeat what was in flight, under the same id.
    var hasEnded: Bool { ended.withLock { $0 } }

    var socket: String { "\(folder)/run/status.sock" }
    var configuration: String { "\(folder)/tokenwatchd.toml" }
    var state: String { "\(folder)/state" }
    /// The part of the webhook's URL that only its owner knows.
    static let hook = "h00k-path-s3cret"
    static let signingKey = "whsec_c2lnbmluZy1rZXktczNjcmV0LXNpZ25pbmcta2V5"

    fileprivate init(_ settings: Settings) throws {
        folder = "/tmp/twd-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let scenario = settings.tokens
            .map { "[tokens.\($0.id)]\nsecret = \"\(Self.secret($0.id))\"\n\($0.play)\n" }
        sandbox = SandboxServer(
            scenario: try Scenario(parsing: scenario.joined().utf8, file: "play.toml"),
            plays: settings.plays
        )
        for name in ["", "/run", "/secrets"] {
            try FileManager.default.createDirectory(
                atPath: folder + name,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: name == "/secrets" ? 0o700 : 0o755]
            )
        }
        let log = log
        receiver = Mutex(try SyslogReceiver(path: "\(folder)/log") { log.append($0) })
    }

    static func secret(_ id: String) -> String { "s3cret-\(id)" }

    func secretFile(_ id: String) -> String { "\(folder)/secrets/\(id)" }

    /// Writes a file that only its owner reads, in the place of the old one at one stroke.
    func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        let new = path + ".new"
        try Data(text.utf8).write(to: URL(filePath: new))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: new)
        try #require(rename(new, path) == 0)
    }

    /// Writes the configuration and secrets that are not there yet.
    func configure(_ settings: Settings) throws {
        var text = """
            [daemon]
            name = "test-1"
            state_dir = "\(state)"
            socket = "\(socket)"
            \(settings.daemon)
            [polling]
            \(settings.polling)
            [policy]
            \(settings.confirmAfter.map { "confirm_after = \"\($0)\"" } ?? "")
            \(settings.policy)

            """
        text +=
            settings.channels ?? """
                [channels.log]
                type = "syslog"
                socket = "\(folder)/log"
                [channels.ops]
                type = "webhook"
                url_file = "\(secretFile("hook-url"))"
                signing_key_file = "\(secretFile("hook-key"))"
                min_severity = "info"
                \(settings.webhook)

                """
        for token in settings.tokens {
            text += "[tokens.\(token.id)]\n"
            if !token.config.contains("secret_file") {
                text += "secret_file = \"\(secretFile(token.id))\"\n"
            }
            if !token.config.contains("base_url") { text += "base_url = \"\(sandbox.baseURL)\"\n" }
            text += token.config + "\n"
        }
        let secrets =
            settings.tokens.map { ($0.id, Self.secret($0.id)) }
            + [
                ("hook-url", "\(sandbox.baseURL)/hooks/\(Self.hook)"),
                ("hook-key", Self.signingKey),
            ]
        for (id, secret) in secrets where access(secretFile(id), F_OK) != 0 {
            try write(secret + "\n", to: secretFile(id))
        }
        text += settings.more.replacing("{sandbox}", with: sandbox.baseURL)
        try write(text, to: configuration)
    }

    // MARK: - Running

    /// Starts the daemon, and waits until it watches.
    func start() async throws {
        let program = try launch()
        // A warning of the configuration may have the word, too.
        try await program.errors.first { $0.contains(" watches ") && !$0.contains(" warning: ") }
    }

    /// Starts the daemon, with a limit of open files if one is given.
    @discardableResult
    func launch(
        environment: [String: String] = [:],
        openFiles: Int? = nil
    ) throws -> RunningProgram {
        let run = [try Programs.built("tokenwatchd"), "run", "--config", configuration]
        let limited = openFiles.map { ["/bin/sh", "-c", "ulimit -n \($0); exec \"$@\"", "sh"] }
        let words = (limited ?? []) + run
        let program = try RunningProgram(
            words[0],
            Array(words.dropFirst()),
            environment: environment
        )
        running.withLock { $0 = program }
        return program
    }

    /// The daemon as it runs.
    var program: RunningProgram {
        get throws { try #require(running.withLock { $0 }) }
    }

    /// All it said so far.
    var errors: String {
        running.withLock { $0?.errors.all.joined(separator: "\n") ?? "" }
    }

    /// The resident memory of the daemon in KiB.
    func residentKiB() throws -> Int {
        let path = "/proc/\(try program.processID)/status"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    /// Ends the daemon by a signal and waits for its end.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        let program = try program
        ended.withLock { $0 = true }
        program.signal(signal)
        return await program.exitStatus()
    }

    /// Takes a program that is to end with the test.
    func adopt(_ program: RunningProgram) {
        companions.withLock { $0.append(program) }
    }

    fileprivate func tearDown() async {
        for companion in companions.withLock({ $0 }) {
            companion.signal(SIGKILL)
            _ = await companion.exitStatus()
        }
        if let program = running.withLock({ $0 }) {
            program.signal(SIGKILL)
            _ = await program.exitStatus()
        }
        await sandbox.stop()
        receiver.withLock { $0 = nil }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: - Commands

    /// Runs a command that asks this daemon.
    func command(_ words: String...) async throws -> RunningProgram.Outcome {
        try await Programs.run(Programs.built("tokenwatchd"), words + ["--socket", socket])
    }

    /// Runs a command that reads this configuration.
    func offline(_ words: String...) async throws -> RunningProgram.Outcome {
        try await Programs.run(
            Programs.built("tokenwatchd"),
            words + ["--config", configuration]
        )
    }
}

/// Runs a daemon for as long as `body` runs; it is gone afterwards, whatever happens.
///
/// - Parameters:
///   - settings: what it is configured with.
///   - starts: whether it is running when `body` begins.
///   - body: may stop and start it.
/// - Throws: where the folder of the daemon cannot be made; what `body` throws is an issue.
func withDaemon(
    _ settings: Settings = Settings(),
    starts: Bool = true,
    _ body: (DaemonUnderTest) async throws -> Void
) async throws {
    let daemon = try DaemonUnderTest(settings)
    do {
        try await daemon.sandbox.start()
        try daemon.configure(settings)
        if starts { try await daemon.start() }
        try await body(daemon)
        await daemon.tearDown()
    } catch {
        Issue.record("\(error); the daemon said:\n\(daemon.errors)")
        await daemon.tearDown()
    }
}
