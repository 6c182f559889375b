import Monitor

/// The text of `--help`, generated from the commands' tables; no line exceeds 80 columns.
package enum HelpText {
    private static let width = 80

    /// The help of the program.
    package static func program(_ commands: [Command] = Command.all) -> [String] {
        var lines = [
            "tokenwatchd \(Version.number) watches API tokens and warns before they fail.",
            "",
            "Usage: tokenwatchd [COMMAND] [OPTION]…",
            "",
            "Commands:",
        ]
        lines += table(
            commands.map { command in
                let isDefault = command.name == Command.fallback.name
                return (
                    [command.name, operands(command)].filter { !$0.isEmpty }
                        .joined(separator: " "),
                    command.summary + (isDefault ? " (the default)" : "")
                )
            }
        )
        lines += ["", "Options:"]
        lines += table([
            ("-h, --help", "show this help; `help COMMAND` shows the help of a command"),
            ("--version", "show the version"),
        ])
        return lines
    }

    /// The help of a command.
    package static func command(_ command: Command) -> [String] {
        var usage = ["tokenwatchd", command.name, "[OPTION]…", operands(command)]
        usage.removeAll(where: \.isEmpty)
        var lines = ["Usage: " + usage.joined(separator: " "), ""]
        let summary = command.summary.prefix(1).uppercased() + command.summary.dropFirst() + "."
        for paragraph in [summary] + command.notes {
            lines += TextWrap.lines(paragraph, width: width) + [""]
        }
        lines.append("Options:")
        lines += table(
            command.options.map { ($0.spelling, $0.help) } + [("-h, --help", "show this help")]
        )
        lines += ["", "Exit status:"]
        lines += table(command.exitStatuses.map { (String($0.status), $0.meaning) })
        return lines
    }

    private static func operands(_ command: Command) -> String {
        command.operands.map { operand in
            let name = operand.isRepeated ? "\(operand.name)…" : operand.name
            return operand.isRequired ? name : "[\(name)]"
        }.joined(separator: " ")
    }

    private static func table(_ rows: [(String, String)]) -> [String] {
        let column = (rows.map { DisplayWidth.of($0.0) }.max() ?? 0) + 4
        return rows.flatMap { name, text in
            let start = DisplayWidth.padded("  \(name)", to: column)
            return TextWrap.lines(text, after: start, width: width)
        }
    }
}

extension Option {
    /// The option as in the help: `--config FILE`.
    package var spelling: String {
        ["--\(name)", placeholder].compactMap(\.self).joined(separator: " ")
    }
}
