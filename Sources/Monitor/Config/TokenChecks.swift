import Alerting
import Formats

/// Checks of a token's settings against the facts that its provider reports.
extension TokenDecoder {
    /// Rejects keys that need facts that the provider does not report.
    mutating func check(
        _ policy: Policy,
        _ keys: TokenKeys,
        _ named: NamedProfile,
        tells: FactSources.Tells,
        _ reader: TableReader
    ) {
        func refuse(_ key: String, _ what: String, advice: String = "remove it") {
            guard let table = reader.table else { return }
            let own = table[key]
            report.error(
                own?.keyPlace ?? table.place,
                "\(reader.path): \(key) needs \(what), which \(named.profile.name) does not report; "
                    + (own == nil
                        ? "it comes from [policy]: set it only in tokens of other providers"
                        : advice)
            )
        }
        for case (let key, let words?) in [("require", policy.require), ("allow", policy.allow)] {
            if named.profile.permissionSyntax == .resourceAction {
                check(words, of: key, named.profile, reader)
            }
            if tells.permissions { warnOfUnknown(words, of: key, named.profile, reader) }
        }
        if !tells.permissions {
            if !policy.require.isEmpty { refuse("require", "permissions") }
            if policy.allow != nil { refuse("allow", "permissions") }
        }
        // A token with an unreadable expiry still has one.
        if !tells.expiry, policy.mustExpire, !keys.statesExpiry, report.isWhole {
            refuse("must_expire", "an expiry", advice: "state it with expires")
        }
        if !tells.lastUsed {
            if keys.canary?.value == true { refuse("canary", "the last use") }
            if keys.unusedAfter != nil { refuse("unused_after", "the last use") }
        }
        if !tells.account, keys.account != nil { refuse("account", "the account") }
    }

    /// Warns of permissions that the provider does not document: they are probably misspelled.
    private mutating func warnOfUnknown(
        _ set: PermissionSet,
        of key: String,
        _ profile: Profile,
        _ reader: TableReader
    ) {
        for word in set.words where !profile.documents(word) {
            let isOwn = reader.table?[key] != nil
            // The decoder reports a permission in [policy] once for all tokens of a provider.
            guard let place = reader.table?[key]?.keyPlace ?? reader.table?.place,
                isOwn || unknownWords.insert("\(profile.name) \(key) \(word)").inserted
            else { continue }
            let near = profile.nearestPermission(to: word)
            report.warning(
                place,
                "\(reader.path): \(key) has \(TOMLValue.string(word).shown), which "
                    + "\(profile.name) does not document"
                    + (near.map { "; did you mean \"\($0)\"?" } ?? "")
                    + (isOwn ? "" : "; it comes from [policy]")
            )
        }
    }

    /// Rejects words that cannot be permissions of the provider: no token would ever have them.
    private mutating func check(
        _ set: PermissionSet,
        of key: String,
        _ profile: Profile,
        _ reader: TableReader
    ) {
        // Another check reports words that are permissions of no provider.
        for word in set.words
        where !word.isEmpty && word == word.escapedForTerminal
            && !PermissionSyntax.isResourceAction(word)
        {
            guard let table = reader.table else { return }
            let own = table[key]
            // The decoder reports words in [policy] once for all tokens.
            guard own != nil || refusedWords.insert(word).inserted else { continue }
            report.error(
                own?.keyPlace ?? table.place,
                "\(reader.path): \(key) has \(TOMLValue.string(word).shown), which is not a permission "
                    + "of \(profile.name); they are resource:action, resource:* or *:*"
                    + (own == nil ? "; it comes from [policy]" : "")
            )
        }
    }
}
