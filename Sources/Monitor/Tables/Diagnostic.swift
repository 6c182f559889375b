import Alerting
import Formats

/// A place in one of the configuration's files.
package struct FilePlace: Hashable, Sendable {
    /// The index of the file, in the order of reading.
    package var file: UInt16
    package var line: UInt32
    package var column: UInt32

    init(file: Int, _ position: TOMLPosition) {
        self.file = UInt16(clamping: file)
        line = UInt32(clamping: position.line)
        column = UInt32(clamping: position.column)
    }
}

/// A value with its place.
struct Located<Value> {
    let value: Value
    let place: FilePlace
}

/// An error or warning of the configuration, in one line for an operator, without secrets.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// The file's path as the operator would write it.
    package let file: String
    /// The line; nil for the file as a whole.
    package let line: Int?
    package let column: Int?
    package let message: String

    package init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = SecretLook.hiding(in: message)
    }

    package var description: String {
        let file = file.escapedForTerminal
        guard let line, let column else { return "\(file): \(message)" }
        return "\(file):\(line):\(column): \(message)"
    }
}

/// The collector of errors, so that all are reported together.
final class Report {
    /// The files read so far; a `FilePlace` has an index into them.
    var files: [String] = []
    /// The indices of files that only their owner can read.
    var privateFiles: Set<Int> = []
    /// Whether every file was read completely; otherwise missing keys are not errors.
    private(set) var isWhole = true
    /// The collected keys that a table may have; nil to skip the collection.
    var keys: [String]?
    /// The possible values of those keys, by their dotted names; filled only together with `keys`.
    var kinds: [String: KeyKind] = [:]
    /// Returns advice for a key that its table does not have; nil if only a near name is known.
    var advice: (_ entry: ConfigurationTable.Entry, _ path: String, _ nearest: String?) -> String? =
        {
            _,
            _,
            _ in nil
        }
    private var errors: [Diagnostic] = []
    private var warnings: [Diagnostic] = []
    private var unsaid = 0
    /// The most errors: nobody reads more, and a hostile file must not fill memory.
    private static let maximumErrors = 1000
    /// The longest message in Unicode scalars; a key can be as long as a file.
    private static let maximumLength = 1000

    func error(_ place: FilePlace, _ message: @autoclosure () -> String) {
        guard errors.count < Self.maximumErrors else { return unsaid += 1 }
        errors.append(diagnostic(place, message()))
    }

    /// Reports an error about something missing, which counts only if all files could be read.
    func missing(_ place: FilePlace, _ message: @autoclosure () -> String) {
        if isWhole { error(place, message()) }
    }

    /// Reports an error that leaves a part of the configuration unknown.
    func unread(file: String, _ message: String) {
        isWhole = false
        guard errors.count < Self.maximumErrors else { return unsaid += 1 }
        errors.append(Diagnostic(file: file, message: message))
    }

    /// Reports a syntax error, after which the rest of the file is unknown.
    func unread(_ place: FilePlace, _ message: String) {
        isWhole = false
        error(place, message)
    }

    /// Reports an error of the environment, not of a file.
    func error(outside name: String, _ message: String) {
        errors.append(Diagnostic(file: name, message: message))
    }

    func warning(_ place: FilePlace, _ message: @autoclosure () -> String) {
        guard warnings.count < Self.maximumErrors else { return }
        warnings.append(diagnostic(place, message()))
    }

    /// Reports a warning about a file as a whole.
    func warning(file: String, _ message: String) {
        guard warnings.count < Self.maximumErrors else { return }
        warnings.append(Diagnostic(file: file, message: message))
    }

    /// Returns the `FILE:LINE:COLUMN` of a place.
    func name(of place: FilePlace) -> String {
        "\(files[Int(place.file)]):\(place.line):\(place.column)"
    }

    var hasErrors: Bool { !errors.isEmpty }

    var errorCount: Int { errors.count + unsaid }

    /// The errors in the order of the files, and the number of omitted errors.
    var sortedErrors: [Diagnostic] {
        let sorted = sorted(errors)
        guard unsaid > 0 else { return sorted }
        let more = Diagnostic(
            file: files.first ?? "",
            message: "has \(unsaid) more errors, here or in conf.d; they are not shown"
        )
        return sorted + [more]
    }

    /// The warnings in the order of the files.
    var sortedWarnings: [Diagnostic] { sorted(warnings) }

    private func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        let order = Dictionary(
            files.enumerated().map { ($1, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        func key(_ diagnostic: Diagnostic) -> (Int, Int, Int) {
            (order[diagnostic.file] ?? .max, diagnostic.line ?? 0, diagnostic.column ?? 0)
        }
        // The standard library's sort is stable.
        return diagnostics.sorted { key($0) < key($1) }
    }

    private func diagnostic(_ place: FilePlace, _ message: String) -> Diagnostic {
        let isLong = message.unicodeScalars.count > Self.maximumLength
        let start = message.unicodeScalars.prefix(Self.maximumLength)
        return Diagnostic(
            file: files[Int(place.file)],
            line: Int(place.line),
            column: Int(place.column),
            message: (isLong ? String(start) + "…" : message).escapedForTerminal
        )
    }
}

/// The reasons why the configuration cannot be used, in the order of the files.
package struct ConfigurationErrors: Error, Hashable, CustomStringConvertible {
    package let all: [Diagnostic]
    /// The warnings, which may show the cause, such as a file that is not read.
    package let warnings: [Diagnostic]
    /// The socket of the daemon, if the files show it; nil if the main file cannot be read.
    package let socketPath: String?

    package init(all: [Diagnostic], warnings: [Diagnostic] = [], socketPath: String? = nil) {
        self.all = all
        self.warnings = warnings
        self.socketPath = socketPath
    }

    package var description: String { all.map(\.description).joined(separator: "\n") }

    /// The errors, then the warnings.
    package var lines: [String] { all.map(\.description) + warnings.map { "warning: \($0)" } }
}
