import Alerting
import Monitor

extension Command {
    static let completions = Command(
        "completions",
        "print the completions of a shell: bash, zsh or fish",
        operands: [.one("SHELL")],
        options: [.socket, .config],
        notes: [
            "For one session: source <(tokenwatchd completions bash). Instead of a shell, ids and "
                + "owners print those of the tokens, channels the configured channels, and manual "
                + "the commands for the manual page."
        ],
        exitStatuses: [
            (ExitStatus.ok, "done"), (ExitStatus.unknown, "no daemon, for ids and owners"),
            (ExitStatus.usage, "unknown shell"),
            (ExitStatus.configuration, "the configuration is wrong, for channels"),
        ]
    ) { arguments, session in
        let word = arguments.operands.first ?? ""
        switch word {
        case "ids", "owners":
            let client = try DaemonClient(arguments, session)
            let tokens = try await client.tokens(query: "fields=id,state,owner")
            let words = word == "ids" ? tokens.map(\.id) : tokens.compactMap(\.owner)
            session.console.print(Set(words).sorted())
            return ExitStatus.ok
        case "channels":
            let configuration = try session.usableConfiguration(arguments["config"])
            session.console.print(configuration.channels.map(\.name))
            return ExitStatus.ok
        default: break
        }
        if word == "manual" {
            session.console.print(ManualText.commands())
            return ExitStatus.ok
        }
        guard let shell = Shell(rawValue: word) else {
            let known = Shell.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError(
                "unknown shell \"\(word.escapedForTerminal)\"; it must be one of \(known)",
                command: "completions"
            )
        }
        session.console.print(shell.completions())
        return ExitStatus.ok
    }
}
