import Alerting
import Formats

/// Reads `[tokens]`; values that tokens have in common are shared.
struct TokenDecoder {
    let decoder: ConfigurationDecoder
    let polling: PollingSettings
    let policy: Policy
    let routes: [ChannelRoute]
    /// The names that `channels` may have.
    let channelNames: [String]
    let profiles: ProfileBook
    /// The names of all profiles, including profiles with errors.
    let profileNames: Set<String>

    var policies: [Policy: Policy] = [:]
    var accesses: [ProviderAccess.Key: ProviderAccess] = [:]
    /// The base URLs by their texts: thousands of tokens share one.
    var baseURLs: [String: BaseURL] = [:]
    /// The profiles that tokens named so far.
    var namedProfiles: [String: NamedProfile] = [:]
    /// Permissions of `[policy]` that were rejected.
    var refusedWords: Set<String> = []
    /// Permissions of `[policy]` with a warning, by provider and key.
    var unknownWords: Set<String> = []

    var report: Report { decoder.report }

    /// The tokens with a secret of their own, in the order of their ids.
    mutating func tokens(
        _ table: ConfigurationTable?,
        root: ConfigurationTable
    ) -> [WatchedToken] {
        guard let table, !table.entries.isEmpty else {
            let place = table?.place ?? root.place
            let isEmpty = root["inventories"] == nil && (root["tokens"] == nil || table != nil)
            if report.isWhole, isEmpty {
                report.warning(
                    place,
                    "no tokens configured; add one: tokenwatchd add ID --provider NAME"
                )
            }
            return []
        }
        var tokens: [WatchedToken] = []
        tokens.reserveCapacity(table.entries.count)
        for entry in table.entries {
            guard let id = TokenID.written(entry.key) else {
                let isListed = entry.key.utf8.contains(UInt8(ascii: "/"))
                report.error(
                    entry.keyPlace,
                    "\"\(TOMLValue.shortened(entry.key))\" cannot name a token; "
                        + "it must be \(isListed ? TokenID.listedRule : TokenID.rule)"
                )
                continue
            }
            guard !SecretLook.isSecret(entry.key) else {
                report.error(
                    entry.keyPlace,
                    "the name of this token looks like a secret, and names are shown; choose another"
                )
                continue
            }
            guard let table = report.table(entry, in: "tokens") else { continue }
            // The inventories read the settings of their listed tokens.
            if id.isListed { continue }
            if let token = token(id, table) { tokens.append(token) }
        }
        tokens.sort { $0.settings.id < $1.settings.id }
        return tokens
    }

    private mutating func token(_ id: TokenID, _ table: ConfigurationTable) -> WatchedToken? {
        var reader = TableReader(table, path: "tokens." + id.text, report: report)
        let (named, access) = access(&reader)
        let keys = keys(&reader)
        // Variables of an unknown profile may be among the keys of the token.
        let mayHaveOthers = named == nil || (!report.isWhole && table["provider"] == nil)
        reader.finish(onlySlips: mayHaveOthers)
        let policy = policy(of: keys, over: self.policy)
        if let named, !mayHaveOthers {
            check(policy, keys, named, tells: named.tells, reader)
            if named.profile.list != nil {
                report.warning(
                    table["provider"]?.keyPlace ?? table.place,
                    "\(reader.path): \(named.profile.name) lists tokens, and none of them is watched; "
                        + "[inventories.\(id)] watches each"
                )
            }
        }
        guard let access, let secret = keys.secret else { return nil }
        return WatchedToken(
            settings: settings(id, access.provider, policy, keys, expires: keys.expires),
            secret: secret.value.copied,
            access: access,
            secretPlace: secret.place
        )
    }

    /// Returns a base policy with a token's policy keys applied.
    mutating func policy(of keys: TokenKeys, over base: Policy) -> Policy {
        keys.policy.isEmpty ? base : shared(keys.policy.policy(over: base, routes: routes))
    }

    mutating func shared(_ policy: Policy) -> Policy {
        if let known = policies[policy] { return known }
        policies[policy] = policy
        return policy
    }

    /// Returns the profile and its requests; nil if the profile is unknown, which is reported.
    mutating func access(
        _ reader: inout TableReader
    ) -> (NamedProfile?, ProviderAccess?) {
        let base = baseURL("base_url", &reader)
        guard let named = profile(&reader) else { return (nil, nil) }
        var variables: [String: String] = [:]
        var isComplete = base != nil || !reader.has("base_url")
        var loginBase: BaseURL?
        // For other profiles the key is unknown.
        if named.profile.login != nil {
            loginBase = baseURL("login_url", &reader)
            if loginBase == nil, reader.has("login_url") { isComplete = false }
        }
        for name in named.profile.variables where !Self.ownKeys.contains(name) {
            let value = reader.string(name, allowed: "a string", isSecret: true)
            variables[name] = value?.value
            if value == nil, reader.has(name) { isComplete = false }
        }
        var secrets: [String: SecretSource] = [:]
        for name in named.profile.secrets where !Self.ownKeys.contains(name) {
            secrets[name] = decoder.secretSource(name, &reader)
            let isSet = ["", "_file", "_credential"].contains { reader.has(name + $0) }
            if secrets[name] == nil, isSet { isComplete = false }
        }
        guard isComplete else { return (named, nil) }
        let key = ProviderAccess.Key(
            profile: named.profile.name,
            base: base,
            loginBase: loginBase,
            variables: variables,
            secrets: secrets
        )
        if let known = accesses[key] { return (named, known) }
        do {
            let access = try ProviderAccess(
                named.profile,
                base: base,
                loginBase: loginBase,
                variables: variables,
                secrets: secrets,
                interval: polling.interval
            )
            accesses[key] = access
            return (named, access)
        } catch {
            if let place = reader.table?.place {
                report.missing(place, "\(reader.path): \(error)")
            }
            return (named, nil)
        }
    }

    /// Returns the profile of a name; nil if there is none.
    private mutating func named(_ name: String) -> NamedProfile? {
        if let known = namedProfiles[name] { return known }
        guard let profile = profiles[name] else { return nil }
        let named = NamedProfile(profile)
        namedProfiles[name] = named
        return named
    }

    private mutating func profile(_ reader: inout TableReader) -> NamedProfile? {
        guard reader.has("provider") || reader.report.keys != nil else {
            return named(BuiltinProviders.defaultName)
        }
        guard let name = reader.string("provider", allowed: "the name of a provider") else {
            // Without a table, the reader only notes the keys.
            return reader.table == nil ? named(BuiltinProviders.defaultName) : nil
        }
        if let known = named(name.value) { return known }
        // The profile's own place has its errors.
        guard !profileNames.contains(name.value) else { return nil }
        let names = profiles.names
        // A hint with one wrong letter in three would turn "aws" into "awx".
        let hint =
            names.first { $0.hasPrefix(name.value.lowercased() + ".") }
            .map { "did you mean \"\($0)\"? " }
            ?? (name.value.utf8.count > 3 ? slipHint(name.value, among: names) : "")
        report.missing(
            name.place,
            "\(reader.name(of: "provider")) is \(TOMLValue.string(name.value).shown), an unknown "
                + "provider; " + hint
                + "`tokenwatchd providers` lists those that are built in"
        )
        return nil
    }

    /// Reads every key of a token, so that the reader knows them.
    mutating func noteKeys(_ reader: inout TableReader) {
        _ = access(&reader)
        _ = keys(&reader)
    }

    private mutating func baseURL(_ key: String, _ reader: inout TableReader) -> BaseURL? {
        guard
            let text = reader.parsed(
                key,
                allowed: "a URL such as \"https://admin.vps.org\"",
                pattern: "^https?://",
                isSecret: true,
                { $0 }
            )
        else { return nil }
        if let known = baseURLs[text.value] { return known }
        do {
            let base = try BaseURL(text.value)
            baseURLs[text.value] = base
            return base
        } catch {
            report.error(text.place, "\(reader.path).\(key): \(error)")
            return nil
        }
    }
}
