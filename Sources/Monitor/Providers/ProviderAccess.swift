package import Alerting

/// How tokens that differ in nothing but the secret ask and are answered; they share one.
package final class ProviderAccess: Sendable {
    /// What two tokens must have alike to share.
    struct Key: Hashable {
        let profile: String
        let base: BaseURL?
        let variables: [String: String]
    }

    package let profile: Profile
    package let provider: TokenProvider
    package let reader: AnswerReader
    /// Nil where nothing is asked and the secret itself tells.
    package let template: RequestTemplate?

    init(
        _ profile: Profile,
        base: BaseURL?,
        variables: [String: String],
        interval: Duration
    ) throws(RequestTemplate.Incomplete) {
        self.profile = profile
        reader = AnswerReader(profile)
        template =
            profile.url == nil
            ? nil : try RequestTemplate(profile, base: base, variables: variables)
        provider = TokenProvider(
            name: profile.name,
            // Where nothing is asked, the provider stands for its host.
            host: template?.host ?? profile.name,
            permissionSyntax: profile.permissionSyntax,
            interval: interval
        )
    }

    /// What is asked, as a number that changes with the settings.
    package var askedWith: UInt64 { template?.askedWith ?? StableHash.of([profile.name]) }
}
