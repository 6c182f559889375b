package import Alerting
import Formats

/// The request about a token, and the sources of facts in its answer: a value, not code.
///
/// The first match in this list decides; without a match the token is live:
/// - `expiredIf`: expired.
/// - `deadIf`: rejected.
/// - `limitedIf`: rate limited.
/// - The texts of errors: malformed, rate limited, expired or live.
/// - `deadStatus`, with one of `deadText` if there are any: rejected.
/// - A status other than `liveStatus`, no JSON, or `liveIf` not met: malformed.
package struct Profile: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: Template
    }

    /// The provider's name in the configuration.
    package var name: String
    /// The address of the provider's documentation; nil if the profile has none.
    package var docs: String?
    /// The date and the documents of the profile's last verification.
    package var verified: String?
    /// The facts that the profile cannot report and no key shows, a sentence each.
    package var remarks: [String] = []
    /// The API's address unless a token has its own; nil if every token needs one.
    package var base: BaseURL?
    /// The URL, which begins with `{base}`; nil for a profile that reads the secret itself, a JWT.
    package var url: Template?
    package var method = "GET"
    package var headers: [Header] = []
    package var body: Template?
    /// The `USER:PASSWORD` of the Basic scheme (RFC 7617), sent as the header `Authorization`.
    package var basic: Template?
    /// The request for an access token, which templates insert as `{access_token}`.
    package var login: ProfileLogin?
    /// The names of required values that a token must set, apart from `base` and `secret`.
    package var variables: [String] = []
    /// The names of the client's own secrets, which a token must set in addition to its secret.
    package var secrets: [String] = []

    /// The statuses of answers about a live token.
    package var liveStatus = [200]
    /// The statuses of answers that reject a token.
    package var deadStatus = [401]
    /// The texts, one of which such an answer must contain; if empty, any body rejects.
    package var deadText: [String] = []
    /// The texts of errors about too many requests, with any status.
    package var limitedText: [String] = []
    /// The texts of errors about an expired token, with any status.
    package var expiredText: [String] = []
    /// The texts of errors about a live token without permission for the request.
    package var liveText: [String] = []
    /// The matches, any of which means too many requests.
    package var limitedIf: [Match] = []
    /// The matches, any of which means a rejected token; an absent place does not match.
    package var deadIf: [Match] = []
    /// The matches, any of which means an expired token; a valid answer has all of their places.
    package var expiredIf: [Match] = []
    /// The texts of errors without a verdict, even if they contain one of the texts above.
    package var undecidedText: [String] = []
    /// The lists of matches, one of which a live token must meet; empty for no condition.
    package var liveIf: [[Match]] = []

    /// The object with the facts, for a provider that reports all tokens at once.
    package var row: ProfileRow?
    /// The facts about the token itself.
    package var facts = FactSources()
    /// The list of tokens in the answer; nil if the answer is about one token only.
    package var list: ProfileList?
    package var permissionSyntax = PermissionSyntax.opaque

    /// The permissions that the provider documents; empty if the profile lists none.
    package var knownPermissions = PermissionSet([])
    /// The prefixes of the provider's secrets, such as `ghp_`; empty if it publishes none.
    package var secretPrefixes: [String] = []
    /// The prefixes of secrets of another kind that must not be sent to this API.
    package var foreignPrefixes: [ForeignPrefix] = []

    /// A prefix of secrets of another kind, with advice.
    package struct ForeignPrefix: Hashable, Sendable {
        package var prefix: String
        package var advice: String
    }
}

extension Profile {
    /// The facts that settings of a token can rely on: `require` needs permissions, and so on.
    package var tells: FactSources.Tells { facts.tells(orSaysExpired: !expiredIf.isEmpty) }

    /// The facts about a token that this profile does not report, a sentence each.
    package var cannotSee: [String] {
        if let list { return list.tells.cannotSee + cannotSeeOfLister + remarks }
        let noRequest = "The daemon sends no request: it does not notice a revoked token."
        return (url == nil ? [noRequest] : []) + tells.cannotSee + remarks
    }

    /// The facts that this profile does not report about the token that lists the others.
    package var cannotSeeOfLister: [String] {
        guard !tells.expiry else { return [] }
        return ["It does not report when the inventory's own token expires: state it with expires."]
    }
}

extension FactSources.Tells {
    /// The properties of a token that cannot be judged, a sentence each.
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
