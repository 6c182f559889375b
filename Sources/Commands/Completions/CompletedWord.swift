import Alerting
import Monitor

/// The possible completions of a word.
enum CompletedWord: Hashable {
    case nothing
    case file
    /// One of the words that `completions` prints for this argument.
    case listed(String)
    case oneOf([String])
    /// Some of the words, with commas between them.
    case someOf([String])

    /// Creates the completion for a placeholder of the help.
    init(placeholder: String) {
        self =
            switch placeholder {
            case "FILE", "PATH", "NEW": .file
            case "ID": .listed("ids")
            case "CHANNEL": .listed("channels")
            case "OWNER": .listed("owners")
            case "COMMAND": .oneOf(Command.all.map(\.name))
            case "KEY": .oneOf(TokenChoice.Order.allCases.map(\.rawValue))
            case "CONDITION": .oneOf(Condition.allCases.map(\.rawValue))
            case "PROVIDER": .oneOf(BuiltinProviders.names)
            case "FORMAT": .oneOf(KnownFormat.builtin.map(\.name))
            case "SEVERITY": .oneOf(Severity.allCases.map(\.rawValue))
            case "STATE": .someOf(TokenHealth.allCases.map(\.rawValue))
            case "SHELL": .oneOf(Shell.allCases.map(\.rawValue))
            default: .nothing
            }
    }
}

/// A shell with completions.
enum Shell: String, CaseIterable {
    case bash
    case zsh
    case fish

    /// Returns the script that adds the completions to the shell.
    func completions(of commands: [Command] = Command.all) -> [String] {
        switch self {
        case .bash: BashCompletions.script(commands)
        case .zsh: ZshCompletions.script(commands)
        case .fish: FishCompletions.script(commands)
        }
    }

    static let origin = "made by `tokenwatchd completions`; regenerate it with make completions"
}

extension Option {
    var completed: CompletedWord { CompletedWord(placeholder: placeholder ?? "") }
}
