import Alerting
import Monitor

/// The provider of a new secret: the named one, or the one that its prefix identifies.
///
/// A secret is never sent to a provider that was neither named nor recognised.
struct Issuer {
    /// The profiles, first those of the configuration: with equal prefixes, its own one counts.
    private let profiles: [Profile]
    private let own: Set<String>

    /// - Parameter own: the profiles of the configuration.
    init(own: [Profile]) {
        profiles = own + BuiltinProviders.all.map(\.profile)
        self.own = Set(own.map(\.name))
    }

    /// Returns the provider whose published prefix a secret has; the longest prefix decides.
    func recognised(_ secret: Secret) -> (provider: String, prefix: String)? {
        Profile.issuer(of: secret, among: profiles).map { ($0.name, $0.prefix) }
    }

    /// Rejects sending a secret to a built-in provider that did not issue it.
    ///
    /// Profiles that work without the provider's help (JWT) or for any issuer (RFC 7662), and those of
    /// the configuration, take every secret.
    ///
    /// - Parameters:
    ///   - secret: the new secret.
    ///   - name: the provider that would receive it.
    ///   - advice: returns the remedy, given the provider that issued it.
    /// - Throws: `Failure` if another provider issued it.
    func check(
        _ secret: Secret,
        named name: String,
        advice: (_ issuer: String) -> String
    ) throws(Failure) {
        guard !own.contains(name), let profile = profiles.first(where: { $0.name == name }),
            let found = profile.foreignIssuer(of: secret, among: profiles)
        else { return }
        throw Failure(
            "the secret begins with \(found.prefix), like those of \(found.name), but "
                + "\(name) would receive it; \(advice(found.name))",
            status: ExitStatus.warning
        )
    }

    /// Returns the provider of a secret; prompts at a terminal if none is recognised.
    func provider(of secret: Secret) throws(Failure) -> String {
        if let found = recognised(secret) { return found.provider }
        let text = secret.reveal()
        if let foreign = profiles.flatMap(\.foreignPrefixes).first(where: {
            text.hasPrefix($0.prefix)
        }) {
            throw Failure(
                "the secret begins with \(foreign.prefix): \(foreign.advice)",
                status: ExitStatus.warning
            )
        }
        // RFC 7515 §3.1: the encoded header of a JWT, which begins with {", and two more parts.
        let isJWT = text.hasPrefix("eyJ") && text.split(separator: ".").count == 3
        let about = isJWT ? "It looks like a JWT; jwt reads its expiry without a provider. " : ""
        let answer = try SecretInput.answer(
            "\(about)Which provider issued it? (`tokenwatchd providers` lists them): "
        ) { text in
            known(text).map { .success($0) } ?? .failure(Mistake(unknown(text)))
        }
        guard let answer else {
            let usual = isJWT ? "jwt" : BuiltinProviders.defaultName
            let reason =
                isJWT
                ? "the secret looks like a JWT, which many providers issue"
                : "the secret does not show which provider issued it"
            throw Failure(
                "\(reason); name the provider: --provider \(usual) (`tokenwatchd providers` "
                    + "lists them)",
                status: ExitStatus.warning
            )
        }
        return answer
    }

    /// Returns the provider of a name in upper or lower case; nil if there is none.
    func known(_ name: String) -> String? {
        let names = profiles.map(\.name)
        if names.contains(name) { return name }
        return names.first { $0.lowercased() == name.lowercased() }
    }

    private func unknown(_ name: String) -> String {
        "there is no provider \"\(name.escapedForTerminal)\""
            + NearestName.hint(name.lowercased(), among: profiles.map(\.name))
    }
}
