/// A profile that comes with the program, as its users would write it.
package struct BuiltinProvider: Sendable {
    package let name: String
    /// What its `[providers.NAME]` table holds, with comments.
    package let toml: String
    package let profile: Profile
}

/// The profiles that come with the program: the tables of `profiles.toml`, in their order.
package enum BuiltinProviders {
    package static let all: [BuiltinProvider] = {
        do {
            return try read(PackageResources.profiles_toml)
        } catch {
            // The file is part of the program: no test passes without it.
            preconditionFailure("profiles.toml:\(error)")
        }
    }()

    /// What `provider` is where a token does not say.
    package static let defaultName = "vps.org"

    package static func named(_ name: String) -> BuiltinProvider? {
        all.first { $0.name == name }
    }

    /// The providers of a file of profiles.
    ///
    /// - Throws: the first thing that is wrong with it.
    static func read(_ bytes: [UInt8]) throws(ProfileProblem) -> [BuiltinProvider] {
        let document = TOML.parse(bytes)
        if let error = document.errors.first {
            throw ProfileProblem(position: error.position, message: error.message)
        }
        guard case .table(let tables) = document.root["providers"]?.value else {
            throw ProfileProblem(position: .start, message: "there is no [providers.NAME]")
        }
        let texts = sections(of: String(decoding: bytes, as: UTF8.self))
        var providers: [BuiltinProvider] = []
        for entry in tables.entries {
            guard case .table(let table) = entry.node.value, providers.count < texts.count else {
                throw ProfileProblem(position: entry.keyPosition, message: "is not a table")
            }
            var problems: [ProfileProblem] = []
            guard let profile = Profile(name: entry.key, table: table, problems: &problems) else {
                throw problems.first
                    ?? ProfileProblem(position: .start, message: "the profile cannot be read")
            }
            providers.append(
                BuiltinProvider(
                    name: entry.key,
                    toml: texts[providers.count],
                    profile: profile
                )
            )
        }
        return providers
    }

    /// What stands under each header, without the lines around it that are empty.
    private static func sections(of text: String) -> [String] {
        var sections: [[Substring]] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("[providers.") {
                sections.append([])
            } else if !sections.isEmpty {
                sections[sections.count - 1].append(line)
            }
        }
        return sections.map { lines in
            var lines = lines[...]
            while lines.last?.isEmpty == true { lines.removeLast() }
            return lines.joined(separator: "\n")
        }
    }
}
