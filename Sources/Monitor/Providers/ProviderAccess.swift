package import Alerting

/// How tokens that differ in nothing but the secret ask and are answered; they share one.
package final class ProviderAccess: Sendable {
    /// What two tokens must have alike to share.
    struct Key: Hashable {
        let profile: String
        let base: BaseURL?
        let variables: [String: String]
        let secrets: [String: SecretSource]
    }

    package let profile: Profile
    package let provider: TokenProvider
    package let reader: AnswerReader
    /// Nil where nothing is asked and the secret itself tells.
    package let template: RequestTemplate?
    /// Where the secrets of who asks are, by the names in the profile's `secrets`.
    package let secrets: [String: SecretSource]

    init(
        _ profile: Profile,
        base: BaseURL?,
        variables: [String: String],
        secrets: [String: SecretSource] = [:],
        interval: Duration
    ) throws(RequestTemplate.Incomplete) {
        for name in profile.secrets where secrets[name] == nil {
            throw RequestTemplate.Incomplete(
                description: "provider \(profile.name) needs \(name)_file,"
                    + " \(name)_credential or \(name)"
            )
        }
        self.profile = profile
        self.secrets = secrets
        reader = AnswerReader(profile, variables: variables)
        template =
            profile.url == nil
            ? nil : try RequestTemplate(profile, base: base, variables: variables)
        provider = TokenProvider(
            name: profile.name,
            // Where nothing is asked, the provider stands for its host.
            host: template?.host ?? profile.name,
            permissionSyntax: profile.permissionSyntax,
            interval: interval,
            isAsked: template != nil
        )
    }

    /// The request for a token, with every secret in its place.
    ///
    /// - Parameters:
    ///   - secret: the token's own.
    ///   - reader: reads those of who asks, each time, as the token's own is.
    /// - Returns: nil where nothing is asked.
    /// - Throws: why the secret, or one of who asks, cannot be used.
    package func request(
        secret: Secret,
        _ reader: SecretReader
    ) throws(SecretFileError) -> ProviderRequest? {
        guard let template else { return nil }
        if let foreign = profile.foreign(secret) {
            throw SecretFileError(
                "begins with \(foreign.prefix) and was not sent: \(foreign.advice)"
            )
        }
        var others: [String: String] = [:]
        for (name, source) in secrets {
            do throws(SecretFileError) {
                others[name] = try reader.read(source).secret.reveal()
            } catch {
                throw SecretFileError("\(name): \(error)", isShortage: error.isShortage)
            }
        }
        return template.request(secret: secret.reveal(), others: others)
    }

    /// What is asked, as a number that changes with the settings.
    package var askedWith: UInt64 { template?.askedWith ?? StableHash.of([profile.name]) }
}

extension Profile {
    /// What a secret's beginning shows it to be, where it belongs to another API.
    func foreign(_ secret: Secret) -> ForeignPrefix? {
        guard !foreignPrefixes.isEmpty else { return nil }
        let text = secret.reveal()
        return foreignPrefixes.first { text.hasPrefix($0.prefix) }
    }
}
