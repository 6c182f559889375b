import Monitor

extension Command {
    static let help = Command(
        "help",
        "show the help of the program or of a command",
        operands: [.optional("COMMAND")],
        exitStatuses: [(ExitStatus.ok, "done"), (ExitStatus.usage, "unknown command")]
    ) { arguments, session in
        guard let name = arguments.operands.first else {
            session.console.print(HelpText.program())
            return ExitStatus.ok
        }
        guard let command = Command.all.first(where: { $0.name == name }) else {
            throw ArgumentParser.unknownCommand(name, Command.all)
        }
        session.console.print(HelpText.command(command))
        return ExitStatus.ok
    }

    static let version = Command(
        "version",
        "show the version",
        exitStatuses: [(ExitStatus.ok, "done")]
    ) { _, session in
        session.console.print("tokenwatchd \(Version.number)")
        return ExitStatus.ok
    }
}
