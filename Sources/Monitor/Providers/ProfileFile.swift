import Alerting
import Formats

/// A file with one profile: a `[providers.NAME]` table, or its keys without a header.
package enum ProfileFile {
    /// Reads the profile; ignores other tables of a whole configuration.
    ///
    /// - Parameters:
    ///   - bytes: the file's content in TOML.
    ///   - file: the file's name, for messages.
    ///   - name: the name of a profile without a header.
    /// - Returns: the profile.
    /// - Throws: all errors.
    package static func profile(
        _ bytes: [UInt8],
        file: String,
        name: String = "profile"
    ) throws(ConfigurationErrors) -> Profile {
        func errors(_ all: [(TOMLPosition, String)]) -> ConfigurationErrors {
            ConfigurationErrors(
                all: all.map { position, message in
                    let (line, column) = (position.line, position.column)
                    return Diagnostic(file: file, line: line, column: column, message: message)
                }
            )
        }
        let document = TOML.parse(bytes)
        guard document.errors.isEmpty else {
            throw errors(document.errors.map { ($0.position, $0.message) })
        }
        var name = name
        var table = document.root
        if let entry = document.root.entry("providers") {
            guard case .table(let tables) = entry.node.value, let first = tables.entries.first,
                case .table(let found) = first.node.value
            else {
                throw errors([(entry.keyPosition, "providers has no [providers.NAME] in it")])
            }
            if tables.entries.count > 1 {
                let problem = "there is more than one [providers.NAME]; keep one"
                throw errors([(tables.entries[1].keyPosition, problem)])
            }
            name = first.key
            table = found
        }
        var problems: [ProfileProblem] = []
        guard let profile = Profile(name: name, table: table, problems: &problems) else {
            throw errors(problems.map { ($0.position, $0.message) })
        }
        return profile
    }
}
