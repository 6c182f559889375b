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
    /// Nil where the file as a whole is meant.
    package let line: Int?
    package let column: Int?
    package let message: String

    package var description: String {
        guard let line, let column else { return "\(file): \(message)" }
        return "\(file):\(line):\(column): \(message)"
    }
}

/// Collects what is wrong, so that everything is said at once.
final class Report {
    /// The files read so far; a `FilePlace` counts in them.
    var files: [String] = []
    private(set) var errors: [Diagnostic] = []
    private(set) var warnings: [Diagnostic] = []
    /// Beyond so many no one reads on, and a hostile file must not fill memory.
    private static let maximumErrors = 1000

    func error(_ place: FilePlace, _ message: String) {
        guard errors.count < Self.maximumErrors else { return }
        errors.append(diagnostic(place, message))
    }

    func error(file: String, _ message: String) {
        guard errors.count < Self.maximumErrors else { return }
        errors.append(Diagnostic(file: file, line: nil, column: nil, message: message))
    }

    func warning(_ place: FilePlace, _ message: String) {
        guard warnings.count < Self.maximumErrors else { return }
        warnings.append(diagnostic(place, message))
    }

    /// `FILE:LINE:COLUMN` of a place.
    func name(of place: FilePlace) -> String {
        "\(files[Int(place.file)]):\(place.line):\(place.column)"
    }

    private func diagnostic(_ place: FilePlace, _ message: String) -> Diagnostic {
        Diagnostic(
            file: files[Int(place.file)],
            line: Int(place.line),
            column: Int(place.column),
            message: message
        )
    }
}

/// The configuration cannot be used; every reason, in the order of the files.
package struct ConfigurationErrors: Error, Hashable, CustomStringConvertible {
    package let all: [Diagnostic]

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
