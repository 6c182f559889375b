extension Profile {
    /// Returns why this provider probably did not issue a secret, with advice; nil if it may have.
    func doubt(of secret: Secret) -> String? {
        let text = secret.reveal()
        // Reading all profiles needs memory: few secrets have another provider's published prefix.
        guard BuiltinProviders.isBuiltIn(name), !secretPrefixes.contains(where: text.hasPrefix),
            SecretLook.prefixes.contains(where: { text.utf8.starts(with: $0.utf8) && $0 != "eyJ" }),
            let issuer = foreignIssuer(of: secret, among: BuiltinProviders.all.map(\.profile))
        else { return nil }
        return "the secret begins with \(issuer.prefix), like those of \(issuer.name), but \(name) "
            + "receives it; set provider = \"\(issuer.name)\""
    }

    /// Returns the profile with a secret's longest published prefix; nil if there is none.
    package static func issuer(of secret: Secret, among profiles: [Profile])
        -> (name: String, prefix: String)?
    {
        let text = secret.reveal()
        return profiles.flatMap { profile in
            profile.secretPrefixes.map { (name: profile.name, prefix: $0) }
        }
        .filter { text.hasPrefix($0.prefix) }
        .max { $0.prefix.utf8.count < $1.prefix.utf8.count }
    }

    /// Returns the other provider that issued a secret, by its prefix.
    ///
    /// A profile that works without the provider's help (JWT) or for any issuer (RFC 7662) accepts
    /// every secret.
    package func foreignIssuer(of secret: Secret, among profiles: [Profile])
        -> (name: String, prefix: String)?
    {
        guard url != nil, secrets.isEmpty,
            let issuer = Self.issuer(of: secret, among: profiles),
            !secretPrefixes.contains(issuer.prefix)
        else { return nil }
        return issuer
    }
}
