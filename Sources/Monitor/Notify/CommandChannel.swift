package import Alerting
import Dispatch
import Glibc

/// The settings of a channel of type `command`.
package struct CommandSettings: Hashable, Sendable {
    /// The program's absolute path and its arguments; no shell is involved.
    package var argv: [String]
    /// The time limit of one run, 1 s to 10 min.
    package var timeout: Duration
}

/// Runs a program for each event.
///
/// The program gets the event's JSON on its standard input and variables named `TOKENWATCH_…`. It
/// inherits no other variable, descriptor, signal setting or controlling terminal; its directory
/// is `/`. Status 0 means delivered. Status 65 (EX_DATAERR of sysexits.h) means that the program
/// will never accept this event. After any other status, including 75 (EX_TEMPFAIL), the daemon
/// retries: a person usually fixes the failure, and a repeated alert is better than none.
package struct CommandChannel: Channel {
    package let name: String
    private let settings: CommandSettings

    /// - Throws: If the program or an argument cannot be passed to the system.
    package init(name: String, settings: CommandSettings) throws(ChannelSetupError) {
        guard let program = settings.argv.first, program.hasPrefix("/") else {
            throw ChannelSetupError(
                "argv must begin with the absolute path of a program: no shell and no PATH find it"
            )
        }
        guard !settings.argv.contains(where: { $0.utf8.contains(0) }) else {
            throw ChannelSetupError("argv has a zero byte, which no argument can have")
        }
        self.name = name
        self.settings = settings
    }

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        let cancellation: Cancellation
        do {
            cancellation = try Cancellation()
        } catch {
            return .retry(error: "\(program): \(error)")
        }
        let run = CommandRun(
            arguments: settings.argv,
            environment: CommandEnvironment.variables(for: delivery),
            input: Array(delivery.body.utf8) + [UInt8(ascii: "\n")],
            timeout: settings.timeout,
            cancellation: cancellation
        )
        // This thread waits for the program: at most one thread for each delivery in flight.
        let queue = DispatchQueue(label: "tokenwatchd.channel.\(name)")
        let end = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: run.perform()) }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return meaning(of: end)
    }

    private var program: String {
        settings.argv[0].escapedForTerminal(maximumBytes: 200)
    }

    private func meaning(of end: CommandRun.End) -> DeliveryResult {
        switch end {
        case .notStarted(let error):
            return .retry(error: "cannot run \(program): \(advice(for: error))")
        case .timedOut(let output):
            let seconds = settings.timeout.wholeSeconds
            return .retry(error: "\(program) took longer than \(seconds) s" + said(output))
        case .cancelled:
            return .retry(error: "\(program) was stopped with the daemon")
        case .killed(let signal, let output):
            return .retry(error: "\(program) was killed by signal \(signal)" + said(output))
        case .exited(0, _):
            return .delivered
        case .exited(65, let output):
            return .giveUp(error: "\(program) rejected the event (status 65)" + said(output))
        case .exited(let status, let output):
            return .retry(error: "\(program) exited with status \(status)" + said(output))
        }
    }

    private func advice(for error: SystemError) -> String {
        switch error.code {
        case ENOENT: "the file, or the interpreter in its first line, does not exist"
        case EACCES:
            "\(error); the daemon's user must be able to execute it, and in the service's sandbox "
                + "ExecPaths= must name it and its interpreter: systemctl edit tokenwatchd"
        case ENOEXEC: "\(error); a script must begin with #! and its interpreter"
        default: error.description
        }
    }

    /// The end of a failed program's output, without its arguments, which may be secret.
    private func said(_ output: [UInt8]) -> String {
        var text = String(decoding: output, as: UTF8.self)
        for (number, argument) in settings.argv.enumerated().dropFirst()
        where argument.utf8.count >= Self.shortestSecretBytes {
            text = text.replacing(argument, with: "(argument \(number))")
        }
        let lines = text.split(whereSeparator: \.isNewline).suffix(Self.linesSaid)
        guard !lines.isEmpty else { return " without output" }
        return ": "
            + lines.joined(separator: " / ").escapedForTerminal(maximumBytes: Self.maximumSaidBytes)
    }

    /// The shortest secret: anything shorter is an option or a word.
    private static let shortestSecretBytes = 8
    /// The number of last lines that contain a program's error.
    private static let linesSaid = 3
    private static let maximumSaidBytes = 600
}

/// The variables of a program; it gets no others.
enum CommandEnvironment {
    /// Returns `NAME=VALUE` for each variable; one that does not apply to the event is empty.
    static func variables(for delivery: Delivery) -> [String] {
        let event = EventFields(delivery)
        let variables: [(String, String?)] = [
            ("EVENT_ID", event.id), ("INSTANCE", event.instance), ("SUBJECT", event.subject),
            ("TYPE", event.type), ("PHASE", event.phase.rawValue),
            ("SEVERITY", event.severity.rawValue), ("AT", event.at), ("SUMMARY", event.summary),
            ("TOKEN", event.token?.id), ("PROVIDER", event.token?.provider), ("HOST", event.host),
            ("ACCOUNT", event.token?.account), ("OWNER", event.token?.owner),
            ("RENEW_URL", event.token?.renewURL), ("NOTE", event.token?.note),
            ("ALERT_ID", event.alertID), ("SINCE", event.since),
        ]
        return variables.map { name, value in
            // Some text is a provider's: scripts must not print its line feeds or escapes.
            let value = (value ?? "").escapedForTerminal(maximumBytes: maximumValueBytes)
            return "TOKENWATCH_\(name)=\(value)"
        }
    }

    /// The longest value: all of them together stay far below the limit of execve(2).
    private static let maximumValueBytes = 4096
}
