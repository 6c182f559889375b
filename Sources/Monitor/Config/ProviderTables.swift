import Alerting
import Formats

/// The `[providers.NAME]` tables of all files, read file by file.
struct ProviderTables {
    private struct Definition {
        let name: String
        let table: TOMLTable
        let file: Int
    }

    private var definitions: [Definition] = []
    private var places: [String: FilePlace] = [:]

    /// Every defined name, including profiles with errors.
    var names: Set<String> { Set(places.keys) }

    /// Adds the providers of a file.
    mutating func add(_ root: TOMLTable, file: Int, report: Report) {
        guard let entry = root.entry("providers") else { return }
        guard case .table(let table) = entry.node.value else {
            report.error(
                FilePlace(file: file, entry.node.position),
                "providers is \(entry.node.value.typeName); it must be a table, [providers.NAME]"
            )
            return
        }
        for provider in table.entries {
            let place = FilePlace(file: file, provider.keyPosition)
            let name = TOMLValue.shortened(provider.key)
            if let first = places[provider.key] {
                report.error(
                    place,
                    "providers.\(name) is set twice; it is set at \(report.name(of: first)) too"
                )
                continue
            }
            places[provider.key] = place
            guard case .table(let definition) = provider.node.value else {
                report.error(place, "providers.\(name) must be a table, [providers.\(name)]")
                continue
            }
            guard !BuiltinProviders.isBuiltIn(provider.key), TokenID.named(provider.key) != nil
            else {
                report.error(
                    place,
                    TokenID.named(provider.key) == nil
                        ? "\"\(name)\" cannot name a provider; it must be \(TokenID.rule)"
                        : "\(name) is built in; give your profile another name"
                )
                continue
            }
            definitions.append(Definition(name: provider.key, table: definition, file: file))
        }
    }

    /// The profiles that tokens may name.
    func profiles(report: Report) -> ProfileBook {
        var profiles: [String: Profile] = [:]
        for definition in definitions {
            var problems: [ProfileProblem] = []
            let profile = Profile(
                name: definition.name,
                table: definition.table,
                problems: &problems
            )
            for problem in problems {
                report.error(
                    FilePlace(file: definition.file, problem.position),
                    problem.message
                )
            }
            profiles[definition.name] = profile
            checkVariables(of: definition, profile, report)
        }
        return ProfileBook(own: profiles)
    }

    /// Checks the variables: each becomes a key of tokens, so it must differ from their other keys.
    private func checkVariables(of definition: Definition, _ profile: Profile?, _ report: Report) {
        guard let profile, !profile.variables.isEmpty || !profile.secrets.isEmpty else { return }
        let keys = TokenDecoder.ownKeys
        let names =
            profile.variables.map { ("variables", $0, [$0]) }
            + profile.secrets.map { ("secrets", $0, [$0, $0 + "_file", $0 + "_credential"]) }
        for (key, name, spellings) in names where spellings.contains(where: keys.contains) {
            let position = definition.table[key]?.position ?? definition.table.position
            report.error(
                FilePlace(file: definition.file, position),
                "providers.\(definition.name).\(key) names \(name), which every token has as a "
                    + "key already; choose another name"
            )
        }
    }
}

/// A profile that tokens name, and the facts that it reports.
///
/// This is a class because a profile has some forty parts: a copy takes as long as reading a token.
final class NamedProfile {
    let profile: Profile
    let tells: FactSources.Tells

    init(_ profile: Profile) {
        self.profile = profile
        tells = profile.tells
    }
}

/// The profiles that tokens may name: configured and built-in profiles.
///
/// The book reads a built-in profile when a token names it.
struct ProfileBook {
    var own: [String: Profile] = [:]

    subscript(name: String) -> Profile? { own[name] ?? BuiltinProviders.named(name)?.profile }

    var names: [String] { (own.keys + BuiltinProviders.names).sorted() }
}
