import Alerting
import Store

/// Reads command lines: `tokenwatchd [COMMAND] [--name VALUE | --name=VALUE | --flag]… [--] [OPERAND]…`.
package enum ArgumentParser {
    /// Parses `words`, the command line without the program's name.
    package static func parse(
        _ words: [String],
        commands: [Command] = Command.all
    ) throws(UsageError) -> Invocation {
        var words = words[...]
        switch words.first {
        case "--version": return .version
        case "--help", "-h":
            return .help(commands.first { $0.name == words.dropFirst().first })
        case let word? where !word.hasPrefix("-"):
            guard let command = commands.first(where: { $0.name == word }) else {
                throw unknownCommand(word, commands)
            }
            words.removeFirst()
            return try parse(words, command, commandName: command.name)
        default:
            do throws(UsageError) {
                return try parse(words, Command.fallback, commandName: nil)
            } catch {
                let name = words.first { word in commands.contains { $0.name == word } }
                guard let name else { throw error }
                let hint = "options follow the command: tokenwatchd \(name) \(words[0])"
                throw UsageError("\(error.message); \(hint)", command: nil)
            }
        }
    }

    private static func parse(
        _ words: ArraySlice<String>,
        _ command: Command,
        commandName: String?
    ) throws(UsageError) -> Invocation {
        // A request for help works even if the rest of the line is wrong.
        if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            return .help(command)
        }
        var arguments = Arguments()
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                for operand in rest { arguments.add(operand, of: command) }
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                arguments.add(word, of: command)
                continue
            }
            try read(word, &rest, command, commandName, &arguments)
        }
        try check(arguments.operands, command, commandName)
        return .command(command, arguments)
    }

    private static func read(
        _ word: String,
        _ rest: inout ArraySlice<String>,
        _ command: Command,
        _ commandName: String?,
        _ arguments: inout Arguments
    ) throws(UsageError) {
        let equals = word.firstIndex(of: "=")
        let name = String(word[..<(equals ?? word.endIndex)].dropFirst(2))
        let attached = equals.map { String(word[word.index(after: $0)...]) }
        guard word.hasPrefix("--"), let option = command.options.first(where: { $0.name == name })
        else {
            throw UsageError(
                unknownOption(String(word[..<(equals ?? word.endIndex)]), command),
                command: commandName
            )
        }
        guard !arguments.flags.contains(name), arguments.values[name] == nil else {
            throw UsageError("--\(name) is given twice", command: commandName)
        }
        guard let placeholder = option.placeholder else {
            guard attached == nil else {
                throw UsageError("--\(name) takes no value", command: commandName)
            }
            arguments.flags.insert(name)
            return
        }
        let missing = UsageError(
            "--\(name) needs a value: --\(name) \(placeholder)",
            command: commandName
        )
        if let attached {
            guard !attached.isEmpty else { throw missing }
            arguments.values[name] = attached
            return
        }
        // A value that begins with dashes can be given as --name=VALUE.
        guard let value = rest.first, !value.isEmpty, !value.hasPrefix("--") else { throw missing }
        rest.removeFirst()
        arguments.values[name] = value
    }

    private static func check(
        _ operands: [String],
        _ command: Command,
        _ commandName: String?
    ) throws(UsageError) {
        let required = command.operands.prefix(while: \.isRequired)
        if operands.count < required.count {
            throw UsageError("\(required[operands.count].name) is missing", command: commandName)
        }
        let limit = command.operands.count
        guard operands.count > limit, command.operands.last?.isRepeated != true else { return }
        guard !command.readsSecret else {
            throw UsageError(
                "unexpected argument, not shown here: it may be a secret; \(secretInput)",
                command: commandName
            )
        }
        throw UsageError(
            "unexpected argument \(quoted(operands[limit]))",
            command: commandName
        )
    }

    static func unknownCommand(_ word: String, _ commands: [Command]) -> UsageError {
        let names = commands.map(\.name)
        let longer = word.isEmpty ? [] : names.filter { $0.hasPrefix(word) }
        let near = NearestName.of(word, among: names) ?? (longer.count == 1 ? longer[0] : nil)
        let hint = near.map { "; did you mean \($0)?" } ?? ""
        return UsageError("there is no command \(quoted(word))\(hint)", command: nil)
    }

    private static func unknownOption(_ word: String, _ command: Command) -> String {
        let known = command.options.map { "--\($0.name)" } + ["--help"]
        let hint = NearestName.hint(word, among: known)
        if command.readsSecret {
            if secretOptions.contains(word) {
                return "there is no option \(word): other users can see arguments; \(secretInput)"
            }
            if hint.isEmpty {
                return "unknown option, not shown here: it may be a secret; \(secretInput)"
            }
        }
        return "there is no option \(quoted(word))\(hint)"
    }

    private static let secretInput = "type the secret at the prompt, or pipe it in"
    /// The names that other programs use for an option with a secret.
    private static let secretOptions: Set = [
        "--secret", "--token", "--password", "--key", "--api-key", "--url", "--value",
    ]

    private static func quoted(_ word: String) -> String { "\"\(word.escapedForTerminal)\"" }
}

extension Arguments {
    /// A list names each thing once; other operands, such as a token and a condition, may be equal.
    fileprivate mutating func add(_ operand: String, of command: Command) {
        let isOfList = command.operands.last?.isRepeated == true
        if isOfList, operands.dropFirst(command.operands.count - 1).contains(operand) { return }
        operands.append(operand)
    }
}
