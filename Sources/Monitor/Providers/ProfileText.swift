import Alerting
import Formats

extension Profile {
    /// The parts that change the request or the reading of its answer, as canonical TOML.
    ///
    /// Defaults are left out.
    var asking: String { askingEntries.map { "\($0.key) = \($0.value)\n" }.joined() }

    var askingEntries: [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        func add(_ key: String, _ value: String?) {
            if let value { entries.append((key, value)) }
        }
        add("base", (base?.description).map(Self.quote))
        add("url", (url?.description).map(Self.quote))
        if method != "GET" { add("method", Self.quote(method)) }
        let fields = headers.map { (Self.quote($0.name), Self.quote($0.value.description)) }
        if !fields.isEmpty { add("headers", Self.table(fields)) }
        add("basic", (basic?.description).map(Self.quote))
        add("body", (body?.description).map(Self.quote))
        add("login", login?.toml)
        if !variables.isEmpty { add("variables", Self.array(variables.map(Self.quote))) }
        if !secrets.isEmpty { add("secrets", Self.array(secrets.map(Self.quote))) }
        if liveStatus != [200] { add("live_status", Self.array(liveStatus.map(String.init))) }
        if deadStatus != [401] { add("dead_status", Self.array(deadStatus.map(String.init))) }
        for (key, texts) in [
            ("dead_text", deadText), ("expired_text", expiredText), ("limited_text", limitedText),
            ("live_text", liveText), ("undecided_text", undecidedText),
        ] where !texts.isEmpty {
            add(key, Self.array(texts.map(Self.quote)))
        }
        add("dead_if", Self.matches(deadIf))
        add("expired_if", Self.matches(expiredIf))
        add("limited_if", Self.matches(limitedIf))
        let live = liveIf.compactMap(Self.matches)
        if !live.isEmpty { add("live_if", live.count == 1 ? live[0] : Self.array(live)) }
        add("row", row.map(Self.row))
        for (key, value) in facts.tomlEntries { add(key, value) }
        add("list", list?.toml)
        if permissionSyntax != .opaque {
            add("permission_syntax", Self.quote(permissionSyntax.rawValue))
        }
        return entries
    }

    static func quote(_ text: String) -> String {
        // A JSON string is also a TOML string, except for `\/`, which the writer does not use.
        MatchValue.string(text).json
    }

    static func array(_ values: [String]) -> String {
        "[" + values.joined(separator: ", ") + "]"
    }

    static func table(_ entries: [(key: String, value: String)]) -> String {
        "{ " + entries.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") + " }"
    }

    private static func row(_ row: ProfileRow) -> String {
        let wanted = row.conditions.map { condition in
            let value =
                switch condition.value {
                case .text(let template): quote(template.description)
                case .bool(let flag): flag ? "true" : "false"
                }
            return (quote(condition.pointer.text), value)
        }
        return table([("in", quote(row.list.text)), ("where", table(wanted))])
    }

    static func matches(_ matches: [Match]) -> String? {
        guard !matches.isEmpty else { return nil }
        return table(
            matches.map { match in
                let values =
                    match.values.isEmpty
                    ? quote(match.isList ? "list" : "present") : array(match.values.map(\.json))
                return (quote(match.pointer.text), values)
            }
        )
    }
}

extension FactSources {
    /// The key and value of each place that is set.
    var tomlEntries: [(key: String, value: String)] {
        var entries: [(String, String)] = []
        func add(_ key: String, _ value: String?) {
            if let value { entries.append((key, value)) }
        }
        let times = [expires].compactMap { $0?.toml } + alsoExpires.map(\.toml)
        add("expires", times.count > 1 ? Profile.array(times) : times.first)
        add("last_used", lastUsed?.toml)
        add("created", created?.toml)
        add("permissions", permissions?.toml)
        add("name", tokenName?.toml)
        add("account", account?.toml)
        let parts = accountName.map { Profile.quote($0.description) }
        if !parts.isEmpty {
            add("account_name", parts.count == 1 ? parts[0] : Profile.array(parts))
        }
        add("company", (company?.description).map(Profile.quote))
        return entries
    }
}

extension TimeSource {
    fileprivate var toml: String {
        var entries = [("from", Profile.quote(from.description))]
        if let each { entries.append(("each", Profile.quote(each.text))) }
        if form != .text { entries.append(("as", Profile.quote(form.rawValue))) }
        if !never.isEmpty { entries.append(("never", Profile.array(never.map(\.json)))) }
        if let neverAfter {
            entries.append(("never_after", Profile.quote(DurationText.text(neverAfter))))
        }
        if let absent { entries.append(("absent", Profile.quote(absent.rawValue))) }
        if null != .never { entries.append(("null", Profile.quote(null.rawValue))) }
        return entries.count == 1 ? entries[0].1 : Profile.table(entries)
    }
}

extension SetSource {
    fileprivate var toml: String {
        parts.count == 1 ? parts[0].toml : Profile.array(parts.map(\.toml))
    }
}

extension SetSource.Part {
    fileprivate var toml: String {
        var entries = [("from", Profile.quote(from.description))]
        switch shape {
        case .list: break
        case .split(let separators): entries.append(("split", Profile.quote(separators)))
        case .each(let member): entries.append(("each", Profile.quote(member.text)))
        }
        if let absent { entries.append(("absent", Profile.quote(absent.rawValue))) }
        if let null { entries.append(("null", Profile.quote(null.rawValue))) }
        return entries.count == 1 ? entries[0].1 : Profile.table(entries)
    }
}

extension TextSource {
    fileprivate var toml: String {
        let from = Profile.quote(from.description)
        guard isOptional else { return from }
        return Profile.table([("from", from), ("absent", Profile.quote("not_told"))])
    }
}

extension ProfileList {
    /// The list as canonical TOML, without defaults.
    var toml: String {
        var entries = [("rows", Profile.quote(rows.text)), ("id", Profile.quote(id.text))]
        if let next { entries.append(("next", next.toml)) }
        if let skip = Profile.matches(skipIf) { entries.append(("skip_if", skip)) }
        if let expired = Profile.matches(expiredIf) { entries.append(("expired_if", expired)) }
        let fields = facts.tomlEntries
        if !fields.isEmpty { entries.append(("fields", Profile.table(fields))) }
        var limits: [(String, String)] = []
        if maximumRows != Self.usualRows { limits.append(("rows", String(maximumRows))) }
        if maximumPages != Self.usualPages { limits.append(("pages", String(maximumPages))) }
        if !limits.isEmpty { entries.append(("limits", Profile.table(limits))) }
        return Profile.table(entries)
    }
}

extension ProfileList.Next {
    fileprivate var toml: String {
        switch self {
        case .link: return Profile.quote("link")
        case .url(let source): return Profile.quote(source.description)
        case .cursor(let source, let parameter):
            return Profile.table([
                ("cursor", Profile.quote(source.description)),
                ("parameter", Profile.quote(parameter)),
            ])
        case .page(let parameter, let first):
            var entries = [("page", Profile.quote(parameter))]
            if first != 1 { entries.append(("first", String(first))) }
            return Profile.table(entries)
        }
    }
}
