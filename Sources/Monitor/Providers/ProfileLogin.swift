package import Formats

/// The login at the start of polls, for a provider that needs an access token.
///
/// A client logs in with its credentials (RFC 6749 §4.4).
///
/// This is a class, because a profile contains a login, and a login contains a profile.
package final class ProfileLogin: Hashable, Sendable {
    /// The request and the verdict, without facts, variables and secrets of its own.
    package let profile: Profile
    /// The place of the access token in the answer.
    package let token: JSONPointer

    package init(_ profile: Profile, token: JSONPointer) {
        self.profile = profile
        self.token = token
    }

    package static func == (left: ProfileLogin, right: ProfileLogin) -> Bool {
        left.profile == right.profile && left.token == right.token
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(profile)
        hasher.combine(token)
    }

    /// The placeholder for the access token in templates.
    static let place = "access_token"

    var toml: String {
        Profile.table(profile.askingEntries + [("token", Profile.quote(token.text))])
    }
}
