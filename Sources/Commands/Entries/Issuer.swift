import Alerting
import Monitor

/// The provider of a new secret: the named one, or the one that its prefix identifies.
///
/// A secret is never sent to a provider that was neither named nor recognised.
struct Issuer {
    private let profiles: [Profile]

    init(_ profiles: [Profile] = BuiltinProviders.all.map(\.profile)) {
        self.profiles = profiles
    }

    /// The provider whose published prefix a secret has; the longest prefix decides.
    func recognised(_ secret: Secret) -> (provider: String, prefix: String)? {
        let text = secret.reveal()
        return profiles.flatMap { profile in
            profile.secretPrefixes.map { (provider: profile.name, prefix: $0) }
        }
        .filter { text.hasPrefix($0.prefix) }
        .max { $0.prefix.utf8.count < $1.prefix.utf8.count }
    }

    /// Rejects sending a secret to a built-in provider that did not issue it.
    ///
    /// Profiles that work without the provider's help (JWT) or for any issuer (RFC 7662), and those of
    /// the configuration, take every secret.
    func check(_ secret: Secret, named name: String) throws(Failure) {
        guard let found = recognised(secret), found.provider != name,
            let profile = profiles.first(where: { $0.name == name }),
            profile.url != nil, profile.secrets.isEmpty
        else { return }
        throw Failure(
            "the secret begins with \(found.prefix), like those of \(found.provider), but "
                + "\(name) would receive it; use --provider \(found.provider)",
            status: ExitStatus.warning
        )
    }

    /// The provider of a secret without a named one; prompts at a terminal if none is recognised.
    func provider(of secret: Secret) throws(Failure) -> String {
        if let found = recognised(secret) { return found.provider }
        let question = "Which provider issued it? (`tokenwatchd providers` lists them): "
        guard let answer = SecretInput.answer(question) else {
            throw Failure(
                "the secret does not show which provider issued it; name the provider: "
                    + "--provider \(BuiltinProviders.defaultName) (`tokenwatchd providers` lists them)",
                status: ExitStatus.warning
            )
        }
        return answer
    }
}
