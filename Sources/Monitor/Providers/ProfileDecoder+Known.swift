import Alerting
import Formats

// The keys of a profile about its provider's tokens before a poll.
extension ProfileDecoder {
    /// The most words: more than any provider documents.
    private static let maximumWords = 1000

    mutating func decodeKnown(_ profile: inout Profile) {
        profile.knownPermissions = PermissionSet(
            knownWords("known_permissions", of: "permissions", shortest: 1)
        )
        // A shorter prefix would match other providers' secrets too.
        profile.secretPrefixes = knownWords("secret_prefixes", of: "beginnings", shortest: 3)
        decodeForeign(&profile)
    }

    private mutating func decodeForeign(_ profile: inout Profile) {
        guard let entry = entry("foreign_prefixes") else { return }
        let example = "{ \"abc_\" = \"use provider = ...\" }"
        guard let table = table(entry, example, "of beginnings and advice, such as") else { return }
        for item in table.entries {
            let value = Entry(item, quotedIn: entry.path)
            guard let advice = string(value) else { continue }
            guard (2...100).contains(item.key.utf8.count), (1...200).contains(advice.utf8.count),
                advice == advice.escapedForTerminal
            else {
                report(value, "must be 1 to 200 bytes of advice for a beginning of 2 to 100")
                continue
            }
            profile.foreignPrefixes.append(
                Profile.ForeignPrefix(prefix: item.key, advice: advice)
            )
        }
    }

    private mutating func knownWords(_ key: String, of what: String, shortest: Int) -> [String] {
        guard let entry = entry(key), let items = elements(entry, of: what) else { return [] }
        guard items.count <= Self.maximumWords else {
            report(entry, "has more than \(Self.maximumWords) \(what)")
            return []
        }
        return strings(items, rule: "\(shortest) to 100 ASCII characters without spaces") {
            (shortest...100).contains($0.utf8.count)
                && $0.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        }
    }
}

extension Profile {
    /// Whether the provider documents a permission; true if the profile lists none.
    ///
    /// `resource:*` is documented if an action of that resource is, and `*:*` always.
    package func documents(_ permission: String) -> Bool {
        guard !knownPermissions.isEmpty, permission != "*:*" else { return true }
        if knownPermissions.words.contains(permission) { return true }
        guard permissionSyntax == .resourceAction, permission.hasSuffix(":*") else { return false }
        let resource = permission.dropLast()
        return knownPermissions.words.contains { $0.hasPrefix(resource) }
    }

    /// Returns the documented permission that was probably meant; nil if none is near.
    package func nearestPermission(to permission: String) -> String? {
        let known = knownPermissions.words
        guard permissionSyntax == .resourceAction,
            let colon = permission.firstIndex(of: ":")
        else { return NearestName.of(permission, among: known) }
        let resources = Set(known.compactMap { $0.split(separator: ":").first.map(String.init) })
        let resource = String(permission[..<colon])
        let action = String(permission[permission.index(after: colon)...])
        guard
            let near = resources.contains(resource)
                ? resource : NearestName.of(resource, among: resources.sorted())
        else { return nil }
        let actions =
            known.filter { $0.hasPrefix(near + ":") }
            .map { String($0.dropFirst(near.utf8.count + 1)) } + ["*"]
        guard let word = actions.contains(action) ? action : NearestName.of(action, among: actions)
        else { return nil }
        return "\(near):\(word)"
    }
}
