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
        // An unreadable expiry is still meant as one.
        if !tells.expiry, policy.mustExpire, !keys.statesExpiry, report.isWhole {
            refuse("must_expire", "an expiry", advice: "state it with expires")
        }
        if !tells.lastUsed {
            if keys.canary?.value == true { refuse("canary", "the last use") }
            if keys.unusedAfter != nil { refuse("unused_after", "the last use") }
        }
        if !tells.account, keys.account != nil { refuse("account", "the account") }
    }

    /// A permission that the provider does not document is probably misspelled.
    private mutating func warnOfUnknown(
        _ set: PermissionSet,
        of key: String,
        _ profile: Profile,
        _ reader: TableReader
    ) {
        for word in set.words where !profile.documents(word) {
            let isOwn = reader.table?[key] != nil
            // A word of [policy] is reported once for all tokens of a provider.
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

    /// A word that cannot be a permission of the provider would never be covered.
    private mutating func check(
        _ set: PermissionSet,
        of key: String,
        _ profile: Profile,
        _ reader: TableReader
    ) {
        // Words that are no permission of any provider are reported in their place.
        for word in set.words
        where !word.isEmpty && word == word.escapedForTerminal
            && !PermissionSyntax.isResourceAction(word)
        {
            guard let table = reader.table else { return }
            let own = table[key]
            // Words of [policy] are reported once for all tokens.
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
