import Alerting
import Formats
import Monitor
import Store

extension Command {
    static let formats = Command(
        "formats",
        "list the formats of webhooks; print one as TOML",
        operands: [.optional("FORMAT")],
        options: [.config, .json],
        notes: [
            "The list has the built-in formats and those of the configuration. A built-in one can "
                + "be copied into the configuration as [formats.NAME], under another name, and "
                + "changed there."
        ],
        exitStatuses: [
            (ExitStatus.ok, "done"), (ExitStatus.usage, "unknown format"),
            (ExitStatus.configuration, "--config names a configuration that cannot be used"),
        ]
    ) { arguments, session in
        let known = try KnownFormats(arguments, session)
        guard let name = arguments.operands.first else {
            if arguments.has("json") {
                session.console.print(json: FormatReport.json(of: known.all))
            } else {
                session.console.print(
                    FormatReport.table(known.all, width: session.console.width)
                )
            }
            return ExitStatus.ok
        }
        let format = try known.named(name, for: "formats")
        if arguments.has("json") {
            session.console.print(json: FormatReport.json(of: [format]))
        } else {
            session.console.print(FormatReport.toml(format))
        }
        return ExitStatus.ok
    }

    static let render = Command(
        "render",
        "show the request that a format produces for an event",
        operands: [.one("FORMAT")],
        options: [
            Option(
                "event",
                "FILE",
                help:
                    "an event as JSON, or the last of an array; default: a token that expires soon"
            ),
            Option("resolved", help: "the end of the default event instead"), .config, .json,
        ],
        notes: [
            "It sends nothing and reads no secrets; it shows SECRET in their place. "
                + "`tokenwatchd events --json` prints events to try; `tokenwatchd test-notify` "
                + "sends one."
        ],
        exitStatuses: [
            (ExitStatus.ok, "done"), (ExitStatus.unknown, "FILE is not an event"),
            (ExitStatus.usage, "unknown format"),
            (ExitStatus.configuration, "--config names a configuration that cannot be used"),
        ]
    ) { arguments, session in
        let name = arguments.operands[0]
        guard let format = try KnownFormats(arguments, session).named(name, for: "render").format
        else {
            throw Failure("\(name) cannot be rendered: it sends all active alerts, not one event")
        }
        let message: Message
        if let path = arguments["event"] {
            let bytes = try InputFile.contents(of: path, failing: ExitStatus.unknown)
            guard let read = Message(eventJSON: bytes) else {
                throw Failure(
                    "\(path.escapedForTerminal) is not an event as JSON; write one there with"
                        + " `tokenwatchd events --json`"
                )
            }
            message = read
        } else {
            message = ExampleEvent.message(isResolved: arguments.has("resolved"))
        }
        let preview = FormatPreview(format, of: message)
        if arguments.has("json") {
            session.console.print(json: FormatReport.json(of: preview))
        } else {
            session.console.print(FormatReport.lines(of: preview, phase: message.phase))
        }
        return ExitStatus.ok
    }
}

/// The formats that a command knows: the built-in ones, and those of the configuration.
struct KnownFormats {
    let all: [KnownFormat]
    /// Whether the configuration was read, so that there are no other formats.
    let isComplete: Bool

    /// The default configuration may be missing, unreadable or wrong.
    init(_ arguments: Arguments, _ session: Session) throws(Failure) {
        var formats = KnownFormat.builtin
        do throws(ConfigurationErrors) {
            let configuration = try session.configuration(arguments["config"])
            formats += configuration.formats.map { KnownFormat($0) }
            isComplete = true
        } catch {
            isComplete = false
            if arguments["config"] != nil { throw Failure(error) }
        }
        all = formats
    }

    func named(_ name: String, for command: String) throws(UsageError) -> KnownFormat {
        if let format = all.first(where: { $0.name == name }) { return format }
        let hint = NearestName.hint(name, among: all.map(\.name))
        let doubt = isComplete ? "" : "; the configuration cannot be read: see check-config"
        throw UsageError(
            "there is no format \"\(name.escapedForTerminal)\"" + (hint.isEmpty ? doubt : hint),
            command: command
        )
    }
}
