import Alerting

/// Which tables a key belongs in, for a key that stands in another.
enum KeyHome {
    /// Every table that has a key, such as `policy` and `tokens.ID`; none for a key there is not.
    static func tables(of key: String) -> [String] {
        all[key] ?? []
    }

    private static let all: [String: [String]] = {
        var tables: [String: [String]] = [:]
        for name in Configuration.knownKeys() {
            guard let dot = name.lastIndex(of: ".") else { continue }
            let table = String(name[..<dot])
            // A profile has keys of its own, many of them with common names.
            if table.hasPrefix("providers.") { continue }
            tables[String(name[name.index(after: dot)...]), default: []].append(table)
        }
        // What a token has an inventory has too.
        return tables.mapValues { homes in
            homes.contains("tokens.ID") ? homes.filter { $0 != "inventories.NAME" } : homes
        }
    }()
}
