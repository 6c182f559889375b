import Alerting
import Monitor

/// The options that an entry is made of, in its errors.
extension ConfigurationEntry {
    /// The configuration with this entry in it.
    ///
    /// - Throws: `Failure` with all errors; those of the entry name options, because nobody has
    ///   written its file.
    func added(
        _ text: String,
        _ arguments: Arguments,
        _ session: Session
    ) throws(Failure) -> Configuration {
        do {
            return try session.configuration(
                arguments["config"],
                edit: .adding(name: name, text: text)
            )
        } catch {
            let lines = error.all.map { line(of: $0) }
            guard lines.contains(where: \.isOwn) else { throw Failure(error) }
            throw Failure(all: lines.map(\.text), status: ExitStatus.configuration)
        }
    }

    private func line(of error: Diagnostic) -> (isOwn: Bool, text: String) {
        guard error.file.hasSuffix("/\(Self.entryFolder)/\(name)") else {
            return (false, error.description)
        }
        return (true, words(error.message))
    }

    /// A message with options in the place of keys, such as `--base-url` for `tokens.ID.base_url`.
    func words(_ message: String) -> String {
        let prefix = "\(kind.table).\(id)."
        var rest = message[...]
        var words = ""
        while let found = rest.firstRange(of: prefix) {
            let key = rest[found.upperBound...].prefix { $0.isLowercase || $0 == "_" }
            let option = String(key).replacing("_", with: "-")
            words += rest[..<found.lowerBound]
            words += Self.options.contains(option) ? "--\(option)" : "--set \(key)"
            rest = rest[key.endIndex...]
        }
        return (words + rest).replacing("\(kind.table).\(id)", with: "\(id)")
    }

    private static let options: Set = [
        "provider", "base-url", "owner", "expires", "format", "min-severity", "allow-plain-http",
    ]
}
