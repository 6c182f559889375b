package import Alerting
import Formats

/// The request about a token, and the places in its answer: a value, not code.
///
/// The verdict is the first that holds: `expiredIf` expired; `deadIf` rejected; `limitedIf` rate
/// limited; the words of an error malformed, rate limited, expired or live; `deadStatus`, with one
/// of `deadText` if there are any, rejected; no `liveStatus`, or no JSON, malformed; `liveIf` not
/// met, malformed; else live.
package struct Profile: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: Template
    }

    /// The provider's name in the configuration.
    package var name: String
    /// The address of the provider's documentation; nil if the profile has none.
    package var docs: String?
    /// When the profile was last compared with the provider's documents, and with which.
    package var verified: String?
    /// What the profile cannot report and no key shows, a sentence each.
    package var remarks: [String] = []
    /// The API's address unless a token has its own; nil if every token needs one.
    package var base: BaseURL?
    /// Begins with `{base}`; nil if no request is sent and the secret itself, a JWT, is read.
    package var url: Template?
    package var method = "GET"
    package var headers: [Header] = []
    package var body: Template?
    /// `USER:PASSWORD` of the Basic scheme (RFC 7617), sent as the header `Authorization`.
    package var basic: Template?
    /// The request for an access token, which the templates have as `{access_token}`.
    package var login: ProfileLogin?
    /// The names that a token must set a value for, apart from `base` and `secret`.
    package var variables: [String] = []
    /// The names of the client's own secrets, which a token must set in addition to its own.
    package var secrets: [String] = []

    /// The statuses of answers about a live token.
    package var liveStatus = [200]
    /// The statuses of answers that reject a token.
    package var deadStatus = [401]
    /// The body of such an answer has to contain one of these texts; none: any body rejects.
    package var deadText: [String] = []
    /// Texts of errors about too many requests, with any status.
    package var limitedText: [String] = []
    /// Texts of errors about an expired token, with any status.
    package var expiredText: [String] = []
    /// Texts of errors about a live token that may not do what was requested.
    package var liveText: [String] = []
    /// One that holds means too many requests.
    package var limitedIf: [Match] = []
    /// One that holds means a dead token; a place that is absent does not hold.
    package var deadIf: [Match] = []
    /// One that holds means an expired token; a good answer has every one of these places.
    package var expiredIf: [Match] = []
    /// Texts of errors that are no verdict, even if they contain one of the texts above.
    package var undecidedText: [String] = []
    /// Of a live token all matches of one of these lists hold; no list: nothing has to.
    package var liveIf: [[Match]] = []

    /// For a provider that reports all tokens at once: the facts are those of one object.
    package var row: ProfileRow?
    /// The facts about the token itself.
    package var facts = FactSources()
    /// Which tokens the answer lists; nil if it is about no token but its own.
    package var list: ProfileList?
    package var permissionSyntax = PermissionSyntax.opaque

    /// The permissions that the provider documents; empty if the profile lists none.
    package var knownPermissions = PermissionSet([])
    /// How the provider's secrets begin, such as `ghp_`; empty if it publishes no prefix.
    package var secretPrefixes: [String] = []
    /// How secrets of another kind begin that must not be sent to this API.
    package var foreignPrefixes: [ForeignPrefix] = []

    /// A prefix of secrets of another kind, with advice.
    package struct ForeignPrefix: Hashable, Sendable {
        package var prefix: String
        package var advice: String
    }
}

extension Profile {
    /// What the settings of a token can rely on: `require` needs permissions, and so on.
    package var tells: FactSources.Tells { facts.tells(orSaysExpired: !expiredIf.isEmpty) }

    /// What this profile does not see of a token, a sentence each.
    package var cannotSee: [String] {
        if let list { return list.tells.cannotSee + cannotSeeOfLister + remarks }
        let noRequest = "The daemon sends no request: it does not notice a revoked token."
        return (url == nil ? [noRequest] : []) + tells.cannotSee + remarks
    }

    /// What this profile does not see of the token that lists the others.
    package var cannotSeeOfLister: [String] {
        guard !tells.expiry else { return [] }
        return ["It does not report when the inventory's own token expires: state it with expires."]
    }
}

extension FactSources.Tells {
    /// What cannot be judged of a token, a sentence each.
    package var cannotSee: [String] {
        let sentences = [
            (expiry, "It does not report when a token expires: state it with expires."),
            (permissions, "It does not report permissions: require and allow cannot be judged."),
            (
                lastUsed,
                "It does not report when a token was last used: canary and unused_after cannot be"
                    + " judged."
            ),
            (account, "It does not report the account: account cannot be checked."),
        ]
        return sentences.filter { !$0.0 }.map(\.1)
    }
}
