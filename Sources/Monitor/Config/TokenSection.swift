import Alerting

/// Reads `[tokens]`; what tokens have in common is made once and shared.
struct TokenDecoder {
    let decoder: ConfigurationDecoder
    let polling: PollingSettings
    let policy: Policy
    let channels: [ChannelSettings]
    let profiles: [String: Profile]

    private var policies: [Policy: Policy] = [:]
    private var accesses: [ProviderAccess.Key: ProviderAccess] = [:]
    /// By their texts: thousands of tokens name the same.
    private var baseURLs: [String: BaseURL] = [:]
    private let providerNames: String

    private var report: Report { decoder.report }

    init(
        decoder: ConfigurationDecoder,
        polling: PollingSettings,
        policy: Policy,
        channels: [ChannelSettings],
        profiles: [String: Profile]
    ) {
        self.decoder = decoder
        self.polling = polling
        self.policy = policy
        self.channels = channels
        self.profiles = profiles
        providerNames = profiles.keys.sorted().joined(separator: ", ")
    }

    /// The tokens in the order of their ids.
    mutating func tokens(
        _ table: ConfigurationTable?,
        root: ConfigurationTable
    ) -> [WatchedToken] {
        guard let table, !table.entries.isEmpty else {
            if root["tokens"] == nil || table != nil {
                report.error(
                    table?.place ?? root.place,
                    "there is no [tokens.ID]: nothing would be watched. Add one, with secret_file"
                )
            }
            return []
        }
        var tokens: [WatchedToken] = []
        tokens.reserveCapacity(table.entries.count)
        for entry in table.entries {
            guard let id = TokenID(entry.key) else {
                report.error(
                    entry.keyPlace,
                    "\"\(entry.key.escapedForTerminal)\" cannot name a token; "
                        + "it must be \(TokenID.rule)"
                )
                continue
            }
            guard case .table(let table) = entry.value else {
                report.error(entry.keyPlace, "tokens.\(id) must be a table, [tokens.\(id)]")
                continue
            }
            if let token = token(id, table) { tokens.append(token) }
        }
        return tokens.sorted { $0.settings.id < $1.settings.id }
    }

    private mutating func token(_ id: TokenID, _ table: ConfigurationTable) -> WatchedToken? {
        var reader = TableReader(table, path: "tokens.\(id)", report: report)
        let access = access(&reader, table)
        let secret = secret(&reader, table)
        let account = reader.parsed("account", allowed: "the account's email address or name") {
            (1...320).contains($0.utf8.count) ? $0 : nil
        }
        let expires = expiry(&reader)
        func note(_ key: String) -> String? {
            reader.parsed(key, allowed: "at most 1000 characters") {
                $0.utf8.count <= 4000 && $0.count <= 1000 ? $0 : nil
            }?.value
        }
        let owner = note("owner")
        let renewURL = note("renew_url")
        let text = note("note")
        let keys = decoder.policyKeys(&reader, channels: channels)
        reader.finish()
        guard let access, let secret else { return nil }
        let policy =
            keys.isEmpty
            ? self.policy : shared(keys.policy(over: self.policy, routes: channels.map(\.route)))
        check(
            policy,
            account: account?.value,
            statedExpiry: expires,
            access.profile,
            reader
        )
        return WatchedToken(
            settings: TokenSettings(
                id: id,
                provider: access.profile.name,
                host: access.host,
                permissionSyntax: access.profile.permissionSyntax,
                policy: policy,
                interval: polling.interval,
                account: account?.value,
                statedExpiry: expires,
                owner: owner,
                renewURL: renewURL,
                note: text
            ),
            secret: secret.value,
            access: access,
            secretPlace: secret.place
        )
    }

    private mutating func shared(_ policy: Policy) -> Policy {
        if let known = policies[policy] { return known }
        policies[policy] = policy
        return policy
    }

    private mutating func access(
        _ reader: inout TableReader,
        _ table: ConfigurationTable
    ) -> ProviderAccess? {
        let provider = reader.parsed("provider", allowed: "one of \(providerNames)") {
            profiles[$0] == nil ? nil : $0
        }
        if provider == nil, table["provider"] != nil { return nil }
        guard let profile = profiles[provider?.value ?? BuiltinProviders.defaultName] else {
            return nil
        }
        let base = baseURL(&reader)
        if base == nil, table["base_url"] != nil { return nil }
        var variables: [String: String] = [:]
        for name in profile.variables {
            guard let value = reader.string(name, allowed: "a string") else { continue }
            variables[name] = value.value
        }
        let key = ProviderAccess.Key(profile: profile.name, base: base, variables: variables)
        if let known = accesses[key] { return known }
        do {
            let access = try ProviderAccess(profile, base: base, variables: variables)
            accesses[key] = access
            return access
        } catch {
            report.error(table.place, "\(reader.path): \(error)")
            return nil
        }
    }

    private mutating func baseURL(_ reader: inout TableReader) -> BaseURL? {
        guard
            let text = reader.string("base_url", allowed: "a URL such as \"https://admin.vps.org\"")
        else { return nil }
        if let known = baseURLs[text.value] { return known }
        do {
            let base = try BaseURL(text.value)
            baseURLs[text.value] = base
            return base
        } catch {
            report.error(text.place, "\(reader.path).base_url: \(error)")
            return nil
        }
    }

    private func secret(
        _ reader: inout TableReader,
        _ table: ConfigurationTable
    ) -> Located<SecretSource>? {
        let names = ["secret_file", "secret_credential", "secret"]
        let source = decoder.secretSource("secret", &reader)
        if let source {
            let name = names.first { table[$0] != nil } ?? "secret"
            return Located(value: source, place: table[name]?.keyPlace ?? table.place)
        }
        if !names.contains(where: { table[$0] != nil }) {
            report.error(
                table.place,
                "\(reader.path) has no secret; set one of secret_file, secret_credential and secret"
            )
        }
        return nil
    }

    /// A date, a date and time, or either as text.
    private func expiry(_ reader: inout TableReader) -> Instant? {
        guard let entry = reader.any("expires") else { return nil }
        if case .leaf(let value, _) = entry.value, let instant = Instant(configured: value) {
            return instant
        }
        reader.wrong(
            "expires",
            entry,
            allowed: "a date such as \"2027-01-31\", or a date and time with its zone"
        )
        return nil
    }

    /// What is asked of a token must be something that its provider tells.
    private func check(
        _ policy: Policy,
        account: String?,
        statedExpiry: Instant?,
        _ profile: Profile,
        _ reader: TableReader
    ) {
        func refuse(_ key: String, _ what: String) {
            guard let place = reader.place(of: key) else { return }
            report.error(
                place,
                "\(reader.path): \(key) cannot be judged, for \(profile.name) does not tell \(what)"
            )
        }
        let tells = profile.tells
        if !tells.permissions {
            if !policy.require.isEmpty { refuse("require", "permissions") }
            if policy.allow != nil { refuse("allow", "permissions") }
        }
        if !tells.expiry, policy.mustExpire, statedExpiry == nil {
            refuse("must_expire", "an expiry; state it with expires")
        }
        if !tells.account, account != nil { refuse("account", "the account") }
    }
}

extension Instant {
    /// What `expires` may be written as; nil for anything else.
    fileprivate init?(configured value: TOMLValue) {
        switch value {
        case .string(let text): self.init(text: text)
        case .localDate(let date): self.init(date, nil, offsetMinutes: 0)
        case .localDateTime(let value): self.init(value.date, value.time, offsetMinutes: 0)
        case .offsetDateTime(let value):
            self.init(value.date, value.time, offsetMinutes: value.offsetMinutes)
        default: return nil
        }
    }

    private init?(_ date: TOMLDate, _ time: TOMLTime?, offsetMinutes: Int16) {
        let civil = CivilTime(
            year: Int64(date.year),
            month: Int(date.month),
            day: Int(date.day),
            hour: Int(time?.hour ?? 0),
            minute: Int(time?.minute ?? 0),
            second: Int(time?.second ?? 0)
        )
        guard let instant = civil.instant else { return nil }
        self = instant - .minutes(Int64(offsetMinutes))
    }
}
