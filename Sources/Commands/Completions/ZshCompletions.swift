/// The completions for zsh, for a file `_tokenwatchd` in a folder of `$fpath`.
enum ZshCompletions {
    static func script(_ commands: [Command]) -> [String] {
        var lines = [
            "#compdef tokenwatchd",
            "# Completions of tokenwatchd for zsh, \(Shell.origin).",
            "",
            "_tokenwatchd_list() {",
            "    local -a words",
            "    words=(${(f)\"$(command tokenwatchd completions $argv[-1] 2>/dev/null)\"})",
            "    compadd -a words",
            "}",
            "",
            "_tokenwatchd() {",
            "    local command=\(Command.fallback.name)",
            "    local -a commands=(",
        ]
        lines += commands.map { "        \(quoted("\($0.name):\($0.summary)"))" }
        lines += [
            "    )",
            "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then",
            "        _describe -t commands command commands",
            "        return",
            "    fi",
            "    if [[ $words[2] != -* ]]; then",
            "        command=$words[2]",
            "        shift words",
            "        (( CURRENT-- ))",
            "    fi",
            "    case $command in",
        ]
        for command in commands { lines += clause(command) }
        lines += ["    esac", "}", "", "_tokenwatchd \"$@\""]
        return lines
    }

    private static func clause(_ command: Command) -> [String] {
        var specifications = command.options.map { option -> String in
            let help = option.help.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
            guard let placeholder = option.placeholder else { return "--\(option.name)[\(help)]" }
            return "--\(option.name)=[\(help)]:\(placeholder):\(action(option.completed))"
        }
        specifications.append("--help[help]")
        if command.name == Command.fallback.name { specifications.append("--version[the version]") }
        for (index, name) in command.operands.map(\.name).enumerated() {
            let place = command.operands[0].isRepeated ? "*" : "\(index + 1)"
            specifications.append("\(place):\(name):\(action(CompletedWord(placeholder: name)))")
        }
        return ["    \(command.name))", "        _arguments -s -S \\"]
            + specifications.enumerated().map { index, text in
                "            \(quoted(text))" + (index + 1 < specifications.count ? " \\" : "")
            }
            + ["        ;;"]
    }

    private static func action(_ word: CompletedWord) -> String {
        switch word {
        case .nothing: " "
        case .file: "_files"
        case .listed(let what): "_tokenwatchd_list \(what)"
        case .oneOf(let words): "(\(words.joined(separator: " ")))"
        case .someOf(let words): "_values -s , state \(words.joined(separator: " "))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'\(text.replacing("'", with: #"'\''"#))'"
    }
}
