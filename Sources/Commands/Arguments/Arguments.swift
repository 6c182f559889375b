import Alerting
import Monitor

/// The parsed arguments of a command.
package struct Arguments: Hashable, Sendable {
    /// The operands in order; a list has each of them once.
    package internal(set) var operands: [String] = []
    var values: [String: String] = [:]
    var flags: Set<String> = []

    /// The value of an option; nil if it was not given.
    package subscript(option: String) -> String? { values[option] }

    /// Whether an option without a value was given.
    package func has(_ option: String) -> Bool { flags.contains(option) }

    /// Returns the duration of an option, over zero and at most `longest`; nil if it was not given.
    ///
    /// The error shows `example`, a value that a person would choose.
    func duration(
        _ option: String,
        atMost longest: Duration,
        such example: String,
        command: String
    ) throws(UsageError) -> Duration? {
        guard let text = self[option] else { return nil }
        guard let duration = DurationText.parse(text), duration > .zero, duration <= longest else {
            throw UsageError(
                "--\(option) is \"\(text.escapedForTerminal)\"; it must be a duration such as "
                    + "\(example), at most \(DurationText.text(longest))" + DurationText.hint(text),
                command: command
            )
        }
        return duration
    }
}

/// A valid command line.
package enum Invocation: Sendable {
    case command(Command, Arguments)
    /// The help of a command; nil for the help of the program.
    case help(Command?)
    case version
}

/// A wrong command line.
package struct UsageError: Error, Hashable, Sendable {
    /// The message, one line.
    package let message: String
    /// The command whose help has more; nil for the program's help.
    package let command: String?

    package init(_ message: String, command: String?) {
        self.message = message
        self.command = command
    }

    /// The printed lines: the error, and where to find help.
    package var lines: [String] {
        let program = ["tokenwatchd", command].compactMap(\.self).joined(separator: " ")
        return ["\(program): \(message)", "see \(program) --help"]
    }
}
