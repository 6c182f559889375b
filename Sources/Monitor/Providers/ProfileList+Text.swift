import Formats

extension ProfileList {
    /// The list as TOML, in one spelling, defaults left out.
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
