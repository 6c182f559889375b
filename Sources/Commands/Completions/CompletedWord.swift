import Alerting
import Monitor

/// The possible completions of a word.
enum CompletedWord: Hashable {
    case nothing
    case file
    /// Of a token that the daemon watches.
    case id
    case oneOf([String])

    /// By its name in the help.
    init(placeholder: String) {
        self =
            switch placeholder {
            case "FILE", "PATH", "NEW": .file
            case "ID": .id
            case "CONDITION": .oneOf(Condition.allCases.map(\.rawValue))
            case "NAME": .oneOf(BuiltinProviders.names)
            case "FORMAT": .oneOf(KnownFormat.builtin.map(\.name))
            case "SEVERITY": .oneOf(Severity.allCases.map(\.rawValue))
            case "STATE": .oneOf(TokenHealth.allCases.map(\.rawValue))
            case "SHELL": .oneOf(Shell.allCases.map(\.rawValue))
            default: .nothing
            }
    }
}

/// A shell that completions are made for.
enum Shell: String, CaseIterable {
    case bash
    case zsh
    case fish

    /// The script that teaches the shell these commands.
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
    var completed: CompletedWord {
        // A NAME is also the person who acknowledges.
        placeholder == "NAME" && name != "provider"
            ? .nothing : CompletedWord(placeholder: placeholder ?? "")
    }
}
