// Places in the body, and the values that count there.
extension ProfileDecoder {
    /// `live_if`: one table, or an array of tables of which one has to hold.
    mutating func alternatives(_ key: String) -> [[Match]] {
        guard let entry = entry(key) else { return [] }
        guard case .array(let nodes) = entry.node.value else {
            return [matches(entry, isOfLiveTokens: true)]
        }
        if nodes.isEmpty { report(entry, "is empty; it must have at least one table") }
        return (elements(entry, of: "tables") ?? []).map { matches($0, isOfLiveTokens: true) }
    }

    /// The places of `dead_if` and its like.
    mutating func matches(_ key: String) -> [Match] {
        entry(key).map { matches($0, isOfLiveTokens: false) } ?? []
    }

    /// Only `live_if` may ask for a place to be there at all, or for an array.
    private mutating func matches(_ entry: Entry, isOfLiveTokens: Bool) -> [Match] {
        guard case .table(let table) = entry.node.value else {
            report(
                entry,
                "is \(entry.node.value.typeName); it must be a table such as"
                    + " { \"/token/revoked\" = [true] }"
            )
            return []
        }
        var matches: [Match] = []
        for item in table.entries {
            let value = Entry(
                path: "\(entry.path).\(MatchValue.string(item.key).json)",
                keyPosition: item.keyPosition,
                node: item.node
            )
            guard item.key.hasPrefix("/") || isOfLiveTokens && item.key.isEmpty,
                let pointer = JSONPointer(item.key)
            else {
                report(
                    item.keyPosition,
                    "\(value.path) is not a JSON pointer such as \"/token/revoked\""
                )
                continue
            }
            if isOfLiveTokens, case .string(let word) = value.node.value,
                ["present", "list"].contains(word)
            {
                var match = Match(pointer, [])
                match.isList = word == "list"
                matches.append(match)
                continue
            }
            guard let values = elements(value, of: "values") else { continue }
            if values.isEmpty { report(value, "is empty; it must have at least one value") }
            matches.append(Match(pointer, values.compactMap { matchValue($0) }))
        }
        return matches
    }
}
