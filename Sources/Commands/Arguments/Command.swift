import Store

/// One option of a command, for the parser, `--help` and the manual's test.
package struct Option: Hashable, Sendable {
    /// The name without the two dashes.
    package let name: String
    /// The placeholder of its value in the help; nil for an option without one.
    package let placeholder: String?
    package let help: String

    package init(_ name: String, _ placeholder: String? = nil, help: String) {
        self.name = name
        self.placeholder = placeholder
        self.help = help
    }
}

/// An operand of a command, by its name in the help; only the last one may be repeated.
package struct Operand: Hashable, Sendable {
    package let name: String
    let isRequired: Bool
    let isRepeated: Bool

    static func one(_ name: String) -> Operand {
        Operand(name: name, isRequired: true, isRepeated: false)
    }

    static func optional(_ name: String) -> Operand {
        Operand(name: name, isRequired: false, isRepeated: false)
    }

    /// Creates an operand that is given once or more.
    static func some(_ name: String) -> Operand {
        Operand(name: name, isRequired: true, isRepeated: true)
    }

    /// Creates an operand that is given any number of times, including none.
    static func any(_ name: String) -> Operand {
        Operand(name: name, isRequired: false, isRepeated: true)
    }
}

/// A command, with its options, help and exit statuses.
package struct Command: Sendable {
    package let name: String
    /// Its purpose, in a few words.
    package let summary: String
    package let operands: [Operand]
    package let options: [Option]
    /// The paragraphs of its help.
    package let notes: [String]
    /// Whether it reads a secret: an extra argument may be one, and is never shown.
    let readsSecret: Bool
    /// Each exit status with its meaning.
    package let exitStatuses: [(status: Int32, meaning: String)]
    let run: @Sendable (Arguments, Session) async throws -> Int32

    init(
        _ name: String,
        _ summary: String,
        operands: [Operand] = [],
        options: [Option] = [],
        notes: [String] = [],
        readsSecret: Bool = false,
        exitStatuses: [(status: Int32, meaning: String)],
        run: @escaping @Sendable (Arguments, Session) async throws -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
        self.notes = notes
        self.readsSecret = readsSecret
        self.exitStatuses = exitStatuses
        self.run = run
    }

    /// Every command, in the order of the help.
    package static let all: [Command] = [
        .run, .checkConfig, .poll, .status, .check, .can, .explain, .history, .events, .acknowledge,
        .unacknowledge, .acknowledgements, .mute, .unmute, .mutes, .pollNow, .reload, .testNotify,
        .providers, .formats, .render,
        .simulate, .add, .rotate, .remove, .addChannel, .removeChannel, .backup, .schema,
        .completions, .help, .version,
    ]

    /// The default command.
    package static let fallback = Command.run
}

/// The options that several commands share.
extension Option {
    static let config = Option(
        "config",
        "FILE",
        help: "the configuration; default /etc/tokenwatchd/tokenwatchd.toml"
    )
    static let socket = Option(
        "socket",
        "PATH",
        help: "the daemon's socket; default: the configured one"
    )
    /// The option for a name to record.
    static let by = Option(
        "by",
        "NAME",
        help: "your name; default $SUDO_USER, else the user who logged in"
    )
    static let json = Option("json", help: "print JSON instead of text")

    /// The options of every command that queries the daemon.
    static let ofClient = [
        socket, Option("config", "FILE", help: "the configuration that names the socket"), json,
    ]
}

/// The exit statuses of commands (64, 74 and 78 as in sysexits.h).
package enum ExitStatus {
    package static let ok: Int32 = 0
    package static let warning: Int32 = 1
    package static let critical: Int32 = 2
    package static let unknown: Int32 = 3
    package static let usage: Int32 = 64
    package static let cannotWrite: Int32 = 74
    package static let configuration: Int32 = 78

    private static let ofHealth: [(status: Int32, meaning: String)] = [
        (ok, "all is well"), (warning, "a token has a warning"),
        (critical, "a token is critical"),
    ]
    /// The exit statuses of `check` and `status`.
    static let ofTokens: [(status: Int32, meaning: String)] =
        ofHealth + [(unknown, "no data yet for a token, no such token, or no daemon")]
    /// The exit statuses of `poll`, which needs no daemon.
    static let ofPolls: [(status: Int32, meaning: String)] =
        ofHealth + [
            (unknown, "no good answer, or no such token"),
            (configuration, "the configuration is wrong"),
        ]
    /// The exit statuses of commands that change an entry of the configuration.
    static func ofChanges(_ done: String) -> [(status: Int32, meaning: String)] {
        [
            (ok, done),
            (warning, "not \(done), or the daemon did not reload; the error says which"),
            (configuration, "not \(done): the configuration would be wrong"),
        ]
    }
    static let ofQuestions: [(status: Int32, meaning: String)] = [
        (ok, "done"), (unknown, "no daemon, or no such token"),
    ]
}
