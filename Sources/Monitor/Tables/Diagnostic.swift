import Alerting
import Formats

/// A place in one of the configuration's files.
package struct FilePlace: Hashable, Sendable {
    /// Which file, in the order read.
    package var file: UInt16
    package var line: UInt32
    package var column: UInt32

    init(file: Int, _ position: TOMLPosition) {
        self.file = UInt16(clamping: file)
        line = UInt32(clamping: position.line)
        column = UInt32(clamping: position.column)
    }
}

/// One thing that is wrong with the configuration, as one line for an operator.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// The file's path as the operator would name it.
    package let file: String
    /// Nil for the file as a whole.
    package let line: Int?
    package let column: Int?
    package let message: String

    package var description: String {
        let file = file.escapedForTerminal
        guard let line, let column else { return "\(file): \(message)" }
        return "\(file):\(line):\(column): \(message)"
    }
}

/// Collects errors, so that all are reported together.
final class Report {
    /// The files read so far; a `FilePlace` counts in them.
    var files: [String] = []
    /// Those of them that no one but their owner can read, by number.
    var privateFiles: Set<Int> = []
    /// Whether every file could be read whole; what is missing can be judged only then.
    private(set) var isWhole = true
    /// Where every key that a table may have is noted; nil where nobody wants to know.
    var keys: [String]?
    /// What those keys may be set to, by their dotted names; only filled while `keys` is.
    var kinds: [String: KeyKind] = [:]
    /// The tables that a key belongs in, such as `policy`, for one that stands in another.
    var homes: (_ key: String) -> [String] = { _ in [] }
    private var errors: [Diagnostic] = []
    private var warnings: [Diagnostic] = []
    private var unsaid = 0
    /// Beyond so many no one reads on, and a hostile file must not fill memory.
    private static let maximumErrors = 1000
    /// The longest message in Unicode scalars; a key can be as long as a file.
    private static let maximumLength = 1000

    func error(_ place: FilePlace, _ message: @autoclosure () -> String) {
        guard errors.count < Self.maximumErrors else { return unsaid += 1 }
        errors.append(diagnostic(place, message()))
    }

    /// An error that may be none once all files can be read: something is not there.
    func missing(_ place: FilePlace, _ message: @autoclosure () -> String) {
        if isWhole { error(place, message()) }
    }

    /// An error that keeps some of the configuration from being known.
    func unread(file: String, _ message: String) {
        isWhole = false
        guard errors.count < Self.maximumErrors else { return unsaid += 1 }
        errors.append(Diagnostic(file: file, line: nil, column: nil, message: message))
    }

    /// An error of the syntax, after which what the file says is not known.
    func unread(_ place: FilePlace, _ message: String) {
        isWhole = false
        error(place, message)
    }

    /// An error that is of no file: of the environment.
    func error(outside name: String, _ message: String) {
        errors.append(Diagnostic(file: name, line: nil, column: nil, message: message))
    }

    func warning(_ place: FilePlace, _ message: @autoclosure () -> String) {
        guard warnings.count < Self.maximumErrors else { return }
        warnings.append(diagnostic(place, message()))
    }

    /// A warning of a file as a whole.
    func warning(file: String, _ message: String) {
        guard warnings.count < Self.maximumErrors else { return }
        warnings.append(Diagnostic(file: file, line: nil, column: nil, message: message))
    }

    /// `FILE:LINE:COLUMN` of a place.
    func name(of place: FilePlace) -> String {
        "\(files[Int(place.file)]):\(place.line):\(place.column)"
    }

    var hasErrors: Bool { !errors.isEmpty }

    var errorCount: Int { errors.count + unsaid }

    /// The errors in the order of the files, and how many more there are.
    var sortedErrors: [Diagnostic] {
        let sorted = sorted(errors)
        guard unsaid > 0 else { return sorted }
        let more = Diagnostic(
            file: files.first ?? "",
            line: nil,
            column: nil,
            message: "has \(unsaid) more errors, here or in conf.d, that are not shown"
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
        // The standard library's sort keeps the order of what is equal.
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

/// The configuration cannot be used; every reason, in the order of the files.
package struct ConfigurationErrors: Error, Hashable, CustomStringConvertible {
    package let all: [Diagnostic]

    package init(all: [Diagnostic]) {
        self.all = all
    }

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
