import Formats

// The keys of matches: places in the body, and the values that match there.
extension ProfileDecoder {
    /// Reads `live_if`: one table, or an array of tables; one must match.
    mutating func alternatives(_ key: String) -> [[Match]] {
        guard let entry = entry(key) else { return [] }
        guard case .array(let nodes) = entry.node.value else {
            return [matches(entry, isOfLiveTokens: true)]
        }
        if nodes.isEmpty { report(entry, "is empty; it must have at least one table") }
        return (elements(entry, of: "tables") ?? []).map { matches($0, isOfLiveTokens: true) }
    }

    /// Reads the places of `dead_if` and similar keys.
    mutating func matches(_ key: String) -> [Match] {
        entry(key).map { matches($0, isOfLiveTokens: false) } ?? []
    }

    /// Reads the places of matches; only `live_if` accepts `"present"` and `"list"`.
    mutating func matches(_ entry: Entry, isOfLiveTokens: Bool) -> [Match] {
        guard let table = table(entry, "{ \"/token/revoked\" = [true] }") else { return [] }
        var matches: [Match] = []
        for item in table.entries {
            let value = Entry(item, quotedIn: entry.path)
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
                matches.append(Match(pointer: pointer, values: [], isList: word == "list"))
                continue
            }
            guard let values = elements(value, of: "values") else { continue }
            if values.isEmpty { report(value, "is empty; it must have at least one value") }
            matches.append(Match(pointer: pointer, values: values.compactMap { matchValue($0) }))
        }
        return matches
    }

    /// Reads `row`, the condition for the token's own object in a list.
    mutating func row(_ entry: Entry, _ profile: Profile) -> ProfileRow? {
        let example = "{ in = \"/tokens\", where = { \"/id\" = \"{token_id}\" } }"
        guard let table = table(entry, example) else { return nil }
        refuseUnknownKeys(in: table, of: ["in", "where"], path: entry.path)
        let entries = entries(table, of: entry)
        guard let place = entries["in"], let text = string(place), let list = JSONPointer(text)
        else {
            report(entry, "must have in, the JSON pointer of an array; \"\" is the whole body")
            return nil
        }
        guard let conditions = entries["where"], case .table(let wanted) = conditions.node.value,
            !wanted.entries.isEmpty
        else {
            report(entry, "must have where, a table of places and values")
            return nil
        }
        return ProfileRow(
            list: list,
            conditions: wanted.entries.compactMap { condition($0, conditions, profile) }
        )
    }

    private mutating func condition(
        _ item: TOMLTable.Entry,
        _ entry: Entry,
        _ profile: Profile
    ) -> ProfileRow.Condition? {
        let value = Entry(item, quotedIn: entry.path)
        guard item.key.hasPrefix("/"), let pointer = JSONPointer(item.key) else {
            report(value, "is not of a JSON pointer such as \"/id\"")
            return nil
        }
        switch item.node.value {
        case .boolean(let flag): return ProfileRow.Condition(pointer: pointer, value: .bool(flag))
        case .string(let text):
            let template = Template(text)
            for name in template.variables
            where !profile.variables.contains(name) && SecretPart(name) == nil {
                report(
                    value,
                    "has the unknown variable {\(name)}; it may have those of variables,"
                        + " {secret_start1} to {secret_start\(SecretPart.mostCharacters)}, and"
                        + " {secret_end1} to {secret_end\(SecretPart.mostCharacters)}"
                )
            }
            return ProfileRow.Condition(pointer: pointer, value: .text(template))
        default:
            report(value, "is \(item.node.value.typeName); it must be a text or a boolean")
            return nil
        }
    }

    /// Returns the variables of `row`, which are used even if no request contains them.
    func rowVariables() -> [String] {
        guard case .table(let row)? = table["row"]?.value,
            case .table(let wanted)? = row["where"]?.value
        else { return [] }
        return wanted.entries.flatMap { item in
            guard case .string(let text) = item.node.value else { return [String]() }
            return Template(text).variables
        }
    }
}
