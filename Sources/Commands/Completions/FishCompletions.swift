/// The completions for fish, one `complete` for each possible word.
enum FishCompletions {
    static func script(_ commands: [Command]) -> [String] {
        var lines = [
            "# Completions of tokenwatchd for fish, \(Shell.origin).",
            "complete -c tokenwatchd -f",
            "complete -c tokenwatchd -n __fish_use_subcommand -l version -d 'the version'",
            "complete -c tokenwatchd -l help -d help",
        ]
        for command in commands {
            lines.append(
                "complete -c tokenwatchd -n __fish_use_subcommand -a \(command.name) "
                    + "-d \(quoted(command.summary))"
            )
        }
        for command in commands { lines += completions(of: command) }
        return lines
    }

    private static func completions(of command: Command) -> [String] {
        let isFallback = command.name == Command.fallback.name
        let seen = "__fish_seen_subcommand_from \(command.name)"
        let condition = quoted(isFallback ? "__fish_use_subcommand; or \(seen)" : seen)
        let start = "complete -c tokenwatchd -n "
        var lines = command.options.map { option in
            let value =
                option.placeholder == nil ? "" : " \(values(option.completed, isOption: true))"
            return "\(start)\(condition) -l \(option.name)\(value) -d \(quoted(option.help))"
        }
        // fish does not report which operand it completes: offer all of them.
        for operand in command.operands {
            let word = CompletedWord(placeholder: operand.name)
            guard word != .nothing else { continue }
            lines.append("\(start)\(quoted(seen)) \(values(word, isOption: false))")
        }
        return lines
    }

    private static func values(_ word: CompletedWord, isOption: Bool) -> String {
        let only = isOption ? "-x " : ""
        return switch word {
        case .nothing: "-x"
        case .file: isOption ? "-r -F" : "-F"
        case .listed(let what): "\(only)-a '(tokenwatchd completions \(what) 2>/dev/null)'"
        case .someOf(let words):
            "\(only)-a '(__fish_complete_list , \"string split , \(words.joined(separator: ","))\")'"
        case .oneOf(let words): "\(only)-a \(quoted(words.joined(separator: " ")))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }
}
