import Alerting

/// The tables that a misplaced key belongs in.
enum KeyHome {
    /// Every table that has a key, such as `policy` and `tokens.ID`; empty for an unknown key.
    static func tables(of key: String) -> [String] {
        all[key] ?? []
    }

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
