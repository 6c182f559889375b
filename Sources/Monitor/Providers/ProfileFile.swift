import Alerting
import Formats

/// A file with one profile in it: a `[providers.NAME]`, or the keys of one alone.
package enum ProfileFile {
    /// Reads the profile; other tables, of a whole configuration, are ignored.
    ///
    /// - Parameters:
    ///   - bytes: TOML.
    ///   - file: its name, for messages.
    ///   - name: what a profile without a header is called.
    /// - Returns: the profile.
    /// - Throws: all errors.
    package static func profile(
        _ bytes: [UInt8],
        file: String,
        name: String = "profile"
    ) throws(ConfigurationErrors) -> Profile {
        func error(_ position: TOMLPosition?, _ message: String) -> Diagnostic {
            Diagnostic(
                file: file,
                line: position?.line,
                column: position?.column,
                message: message
            )
        }
        let document = TOML.parse(bytes)
        guard document.errors.isEmpty else {
            throw ConfigurationErrors(
                all: document.errors.map { error($0.position, $0.message) }
            )
        }
        var name = name
        var table = document.root
        if let entry = document.root.entry("providers") {
            guard case .table(let tables) = entry.node.value, let first = tables.entries.first,
                case .table(let found) = first.node.value
            else {
                throw ConfigurationErrors(
                    all: [error(entry.keyPosition, "providers has no [providers.NAME] in it")]
                )
            }
            if tables.entries.count > 1 {
                throw ConfigurationErrors(
                    all: [
                        error(
                            tables.entries[1].keyPosition,
                            "there is more than one [providers.NAME]; keep one"
                        )
                    ]
                )
            }
            name = first.key
            table = found
        }
        var problems: [ProfileProblem] = []
        guard let profile = Profile(name: name, table: table, problems: &problems) else {
            throw ConfigurationErrors(all: problems.map { error($0.position, $0.message) })
        }
        return profile
    }
}
