import Alerting

/// The tables that a misplaced key belongs in.
enum KeyHome {
    /// Every table that has a key, such as `policy` and `tokens.ID`; empty for an unknown key.
    ///
    /// In the table of a token, a profile's key is meant for the profile, even if channels have it too.
    static func tables(of key: String, in path: String) -> [String] {
        let tables = all[key] ?? []
        let isOfToken = path.hasPrefix("tokens.") || path.hasPrefix("inventories.")
        guard isOfToken, ofProfiles.contains(key),
            tables.allSatisfy({ home in
                ["channels.", "formats.", "heartbeat"].contains { home.hasPrefix($0) }
            })
        else { return tables }
        return [profiles]
    }

    private static let profiles = "providers.NAME"

    private static let ofProfiles = Set(
        Configuration.knownKeys(below: profiles).map { String($0.prefix { $0 != "." }) }
    )

    private static let all: [String: [String]] = {
        var tables: [String: [String]] = [:]
        for name in Configuration.knownKeys() {
            guard let dot = name.lastIndex(of: ".") else { continue }
            let table = String(name[..<dot])
            // Profiles have their own keys, many with common names.
            if table.hasPrefix("providers.") { continue }
            tables[String(name[name.index(after: dot)...]), default: []].append(table)
        }
        // An inventory has every key of a token.
        return tables.mapValues { homes in
            homes.contains("tokens.ID") ? homes.filter { $0 != "inventories.NAME" } : homes
        }
    }()
}
