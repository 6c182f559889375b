/// A profile that comes with the program, as its users would write it.
package struct BuiltinProvider: Sendable {
    package let name: String
    /// What a `[providers.NAME]` table holds, with comments.
    package let toml: String
}

/// The profiles that come with the program: one data file each, and its line here.
package enum BuiltinProviders {
    package static let all = [
        vpsOrg,
        vpsbg,
    ]

    /// What `provider` is where a token does not say.
    package static let defaultName = vpsOrg.name

    package static func named(_ name: String) -> BuiltinProvider? {
        all.first { $0.name == name }
    }
}

extension BuiltinProvider {
    /// Reads the profile; the problems of one that is wrong, which the tests keep from shipping.
    package func profile() throws(ProfileProblem) -> Profile {
        let document = TOML.parse(Array(toml.utf8))
        if let error = document.errors.first {
            throw ProfileProblem(position: error.position, message: error.message)
        }
        var problems: [ProfileProblem] = []
        guard let profile = Profile(name: name, table: document.root, problems: &problems) else {
            throw problems.first
                ?? ProfileProblem(position: .start, message: "the profile cannot be read")
        }
        return profile
    }
}
