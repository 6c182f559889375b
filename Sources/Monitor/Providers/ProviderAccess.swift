package import Alerting

/// The access to a provider for requests and answers, shared by tokens that differ in their secret.
package final class ProviderAccess: Sendable {
    /// The properties that two tokens must share.
    struct Key: Hashable {
        let profile: String
        let base: BaseURL?
        var loginBase: BaseURL?
        let variables: [String: String]
        let secrets: [String: SecretSource]
    }

    package let profile: Profile
    package let provider: TokenProvider
    package let reader: AnswerReader
    /// The reader of the list; nil if the answer lists no tokens.
    let listReader: ListReader?
    /// The login; nil if the request contains the secret itself.
    package let login: LoginAccess?
    /// The path of the provider's base URL.
    let basePath: String
    /// The template; nil if no request is sent and the secret itself is read.
    package let template: RequestTemplate?
    /// The places of the client's own secrets, by the names in the profile's `secrets`.
    package let secrets: [String: SecretSource]

    package init(
        _ profile: Profile,
        base: BaseURL?,
        loginBase: BaseURL? = nil,
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
        listReader = profile.list.map(ListReader.init)
        basePath = (base ?? profile.base)?.path ?? ""
        if let step = profile.login {
            let base = loginBase ?? step.profile.base ?? base ?? profile.base
            login = try LoginAccess(step, base: base, variables: variables)
        } else {
            login = nil
        }
        template =
            profile.url == nil
            ? nil : try RequestTemplate(profile, base: base, variables: variables)
        provider = TokenProvider(
            name: profile.name,
            // Without a request, the provider's name stands for its host.
            host: template?.host ?? profile.name,
            permissionSyntax: profile.permissionSyntax,
            interval: interval,
            isAsked: template != nil,
            askedWith: template?.askedWith ?? StableHash.of([profile.name])
        )
    }

    /// Returns the request for a token, with every secret in its place.
    ///
    /// - Parameters:
    ///   - secret: the token's own secret.
    ///   - reader: the reader of the client's own secrets, each time, like the token's secret.
    ///   - accessToken: the access token of the login, if the profile has one.
    /// - Returns: nil if no request is sent.
    /// - Throws: the reason why the secret, or one of the client's, cannot be used.
    package func request(
        secret: Secret,
        _ reader: SecretReader,
        accessToken: Secret? = nil
    ) throws(SecretFileError) -> ProviderRequest? {
        guard let template else { return nil }
        var others = try otherSecrets(with: secret, reader)
        if let accessToken { others[ProfileLogin.place] = accessToken.reveal() }
        return template.request(secret: secret.reveal(), others: others)
    }

    /// Returns the request for an access token; nil if the profile has no login.
    package func loginRequest(
        secret: Secret,
        _ reader: SecretReader
    ) throws(SecretFileError) -> ProviderRequest? {
        guard let login else { return nil }
        let others = try otherSecrets(with: secret, reader)
        return login.template.request(secret: secret.reveal(), others: others)
    }

    /// Reads the client's own secrets, for a secret that may be sent.
    private func otherSecrets(
        with secret: Secret,
        _ reader: SecretReader
    ) throws(SecretFileError) -> [String: String] {
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
                throw SecretFileError(
                    "\(name): \(error)",
                    isShortage: error.isShortage,
                    isForbidden: error.isForbidden
                )
            }
        }
        return others
    }
}

extension Profile {
    /// Returns the kind of a secret that belongs to another API, by its prefix.
    func foreign(_ secret: Secret) -> ForeignPrefix? {
        guard !foreignPrefixes.isEmpty else { return nil }
        let text = secret.reveal()
        return foreignPrefixes.first { text.hasPrefix($0.prefix) }
    }
}
