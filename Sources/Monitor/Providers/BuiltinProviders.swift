import Synchronization

/// A built-in profile, in the form that users write.
package struct BuiltinProvider: Sendable {
    package let name: String
    /// The content of its `[providers.NAME]` table, with comments.
    package let toml: String
    package let profile: Profile
}

/// The built-in profiles, each parsed at its first use.
package enum BuiltinProviders {
    /// The default of `provider`.
    package static let defaultName = "vps.org"

    /// The names, the default first, then sorted.
    package static let names: [String] =
        [defaultName] + BuiltinFiles.all.map(\.name).filter { $0 != defaultName }.sorted()

    /// All built-in providers; this reads every profile.
    package static var all: [BuiltinProvider] { names.compactMap(named) }

    package static func isBuiltIn(_ name: String) -> Bool { index[name] != nil }

    package static func named(_ name: String) -> BuiltinProvider? {
        guard let place = index[name] else { return nil }
        return known.withLock { known in
            if let provider = known[name] { return provider }
            let provider = read(BuiltinFiles.all[place].bytes(), name: name)
            known[name] = provider
            return provider
        }
    }

    private static let index = Dictionary(
        uniqueKeysWithValues: BuiltinFiles.all.enumerated().map { ($0.element.name, $0.offset) }
    )

    /// The profiles that were read, bounded by the number of files.
    private static let known = Mutex<[String: BuiltinProvider]>([:])

    private static func read(_ bytes: [UInt8], name: String) -> BuiltinProvider {
        do {
            return BuiltinProvider(
                name: name,
                toml: String(decoding: bytes, as: UTF8.self).trimmedOfEmptyLines,
                profile: try ProfileFile.profile(bytes, file: "\(name).toml", name: name)
            )
        } catch {
            // The files are part of the program, and tests read each of them.
            preconditionFailure("\(error)")
        }
    }
}

extension String {
    fileprivate var trimmedOfEmptyLines: String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
