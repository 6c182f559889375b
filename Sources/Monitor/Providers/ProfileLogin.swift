package import Formats

/// The request that a poll begins with where its provider wants an access token: a client logs in with
/// its credentials (RFC 6749 §4.4).
///
/// A class, because a profile has one and consists of one.
package final class ProfileLogin: Hashable, Sendable {
    /// Its request and verdict; without facts, variables and secrets of its own.
    package let profile: Profile
    /// Where its answer has the access token.
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

    /// The place of the access token in templates.
    static let place = "access_token"

    var toml: String {
        Profile.table(profile.askingEntries + [("token", Profile.quote(token.text))])
    }
}
