import Alerting
import Formats

/// The tables that a misplaced key belongs in.
enum KeyHome {
    /// Returns advice for a key that its table does not have; nil for a key of no table.
    ///
    /// - Parameters:
    ///   - entry: the entry with the key.
    ///   - path: the path of its table.
    ///   - nearest: the key of the table that the operator may have meant.
    /// - Returns: the continuation of a sentence.
    static func advice(
        _ entry: ConfigurationTable.Entry,
        in path: String,
        nearest: String?
    ) -> String? {
        let synonyms = ["heartbeat.interval": "every", "polling.every": "interval"]
        if let right = synonyms["\(path).\(entry.key)"] { return "did you mean \"\(right)\"?" }
        let homes = tables(of: entry.key, in: path)
        if homes.contains(where: { isSame($0, path) }) {
            let types = ChannelType.allCases.filter { $0.notedKeys().keys.contains(entry.key) }
            return path.hasPrefix("channels.") && !types.isEmpty
                ? "it needs type = " + types.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
                : nil
        }
        if !homes.isEmpty { return "it belongs in \(list(homes))" }
        guard nearest == nil, case .table(let table) = entry.value else { return nil }
        return advice(table, entry.key, in: path)
    }

    /// Returns advice for a table with an unknown name.
    private static func advice(
        _ table: ConfigurationTable,
        _ name: String,
        in path: String
    ) -> String? {
        if name == "policy" { return "its keys belong in [\(path)] itself" }
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        if parts.count == 2, ["tokens", "channels", "inventories"].contains(parts[0]),
            let id = TokenID.named("\(parts[1]).\(name)")
        {
            return "a name with a dot must be in quotes: [\(parts[0]).\"\(id)\"]"
        }
        guard path.isEmpty, TokenID.named(name) != nil, !table.keys.isEmpty else { return nil }
        return ["tokens.ID", "channels.NAME"].first { home in
            table.keys.allSatisfy { tables(of: $0, in: path).contains(home) }
        }
        .map { "did you mean [\($0.prefix { $0 != "." }).\(name)]?" }
    }

    /// Returns the error for a value among the tables of `[tokens]`, `[channels]` and the like.
    static func notATable(_ key: String, in table: String, _ member: String) -> String {
        var homes = tables(of: key, in: table)
        let own = "\(table).\(member)"
        if homes.contains(own) || table == "inventories" && homes.contains("tokens.ID") {
            homes = [own]
        }
        return homes.isEmpty
            ? "\(table).\(key) must be a table, [\(table).\(key)]"
            : "there is no key \(table).\(key); it belongs in \(list(homes))"
    }

    private static func list(_ tables: [String]) -> String {
        tables.map { "[\($0)]" }.joined(separator: " or ")
    }

    /// Whether a table such as `channels.NAME` matches a path such as `channels.ops`.
    private static func isSame(_ table: String, _ path: String) -> Bool {
        let (names, parts) = (table.split(separator: "."), path.split(separator: "."))
        return names.count == parts.count
            && zip(names, parts).allSatisfy { $0 == $1 || $0 == "NAME" || $0 == "ID" }
    }

    /// Every table that has a key, such as `policy` and `tokens.ID`; empty for an unknown key.
    ///
    /// In the table of a token, a profile's key takes precedence over the same key of a channel.
    private static func tables(of key: String, in path: String) -> [String] {
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

extension Report {
    /// Returns the table of an entry of a table such as `[channels]`; nil for another value.
    func table(_ entry: ConfigurationTable.Entry, in parent: String) -> ConfigurationTable? {
        if case .table(let table) = entry.value { return table }
        let key = TOMLValue.shortened(entry.key)
        let member = parent == "tokens" ? "ID" : "NAME"
        error(entry.keyPlace, KeyHome.notATable(key, in: parent, member))
        return nil
    }
}
