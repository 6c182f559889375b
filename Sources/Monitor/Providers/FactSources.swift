/// The sources of the facts about a token, in an answer or in a row of a list.
package struct FactSources: Hashable, Sendable {
    package var expires: TimeSource?
    /// The further places of an expiry: the earliest expiry of all counts.
    package var alsoExpires: [TimeSource] = []
    package var lastUsed: TimeSource?
    package var created: TimeSource?
    package var permissions: SetSource?
    package var tokenName: TextSource?
    package var account: TextSource?
    /// The parts of the account holder's name; absent parts are left out.
    package var accountName: [Source] = []
    package var company: Source?

    /// The facts that a provider reports about a token.
    package struct Tells: Hashable, Sendable {
        package let expiry: Bool
        package let permissions: Bool
        package let lastUsed: Bool
        package let created: Bool
        package let name: Bool
        package let account: Bool
    }

    /// The facts that settings can rely on; `orSaysExpired` if another place reports the expiry.
    func tells(orSaysExpired: Bool) -> Tells {
        Tells(
            expiry: expires != nil || orSaysExpired,
            permissions: permissions != nil,
            lastUsed: lastUsed != nil,
            created: created != nil,
            name: tokenName != nil,
            account: account != nil
        )
    }

    /// Every place of an expiry.
    var expiries: [TimeSource] { [expires].compactMap(\.self) + alsoExpires }

    /// Every source that is read.
    var all: [Source] {
        expiries.map(\.from)
            + [lastUsed?.from, created?.from, tokenName?.from, account?.from, company]
            .compactMap(\.self) + accountName + (permissions?.parts.map(\.from) ?? [])
    }
}
