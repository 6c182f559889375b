import Alerting
import Monitor

extension Command {
    static let completions = Command(
        "completions",
        "print the completions of a shell: bash, zsh or fish",
        operands: [.one("SHELL")],
        options: [.socket, .config],
        notes: [
            "For one session: source <(tokenwatchd completions bash). Instead of a shell, ids prints the "
                + "ids of the tokens, and manual prints the commands for the manual page."
        ],
        exitStatuses: [
            (ExitStatus.ok, "done"), (ExitStatus.unknown, "no daemon, for ids"),
            (ExitStatus.usage, "unknown shell"),
        ]
    ) { arguments, session in
        let word = arguments.operands.first ?? ""
        if word == "ids" {
            let client = try DaemonClient(arguments, session)
            session.console.print(try await client.tokens([]).tokens.map(\.id))
            return ExitStatus.ok
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
