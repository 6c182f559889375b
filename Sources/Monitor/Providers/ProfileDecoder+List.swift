import Formats

// The keys of the list of tokens.
extension ProfileDecoder {
    mutating func list(_ entry: Entry, _ profile: Profile) -> ProfileList? {
        let example = "{ rows = \"/tokens\", id = \"/id\", fields = { name = \"/name\" } }"
        guard let table = table(entry, example) else { return nil }
        refuseUnknownKeys(
            in: table,
            of: ["rows", "id", "next", "skip_if", "expired_if", "fields", "limits"],
            path: entry.path
        )
        if profile.row != nil { report(entry, "and row are both set; set one of them") }
        let entries = entries(table, of: entry)
        let rows = pointer("rows", entries, entry, "the array of tokens; \"\" is the whole body")
        let id = pointer("id", entries, entry, "a row's id")
        guard let rows, let id else { return nil }
        if id.text.isEmpty { report(entry, "has an empty id; it must be a place in a row") }
        var list = ProfileList(rows: rows, id: id)
        list.next = entries["next"].flatMap { next($0, profile.url) }
        list.skipIf = entries["skip_if"].map { matches($0, isOfLiveTokens: false) } ?? []
        list.expiredIf = entries["expired_if"].map { matches($0, isOfLiveTokens: false) } ?? []
        list.facts = entries["fields"].map { fields($0) } ?? FactSources()
        if let limits = entries["limits"] { decodeLimits(limits, &list) }
        return list
    }

    private mutating func pointer(
        _ key: String,
        _ entries: [String: Entry],
        _ list: Entry,
        _ what: String
    ) -> JSONPointer? {
        guard let entry = entries[key] else {
            report(list, "has no \(key): set it to the JSON pointer of \(what)")
            return nil
        }
        return parsed(entry, allowed: "the JSON pointer of \(what)") { JSONPointer($0) }
    }

    private mutating func next(_ entry: Entry, _ url: Template?) -> ProfileList.Next? {
        switch entry.node.value {
        case .string("link"): return .link
        case .string:
            return answered(entry).map { .url($0) }
        case .table(let table):
            refuseUnknownKeys(
                in: table,
                of: ["cursor", "parameter", "page", "first"],
                path: entry.path
            )
            let entries = entries(table, of: entry)
            if let page = entries["page"], entries["cursor"] == nil, entries["parameter"] == nil {
                let name = parameter(page, url)
                let first = entries["first"].flatMap { number($0, in: 0...1) } ?? 1
                return name.map { .page(parameter: $0, first: first) }
            }
            if let cursor = entries["cursor"], let place = entries["parameter"],
                entries["page"] == nil, entries["first"] == nil
            {
                let source = answered(cursor)
                let name = parameter(place, url)
                guard let source, let name else { return nil }
                return .cursor(source, parameter: name)
            }
        default: break
        }
        report(
            entry,
            "must be \"link\", the place of a URL such as \"/links/next\","
                + " { cursor = \"/next_token\", parameter = \"after\" } or { page = \"page\" }"
        )
        return nil
    }

    /// Returns a place in the answer: a claim of the secret cannot name the next page.
    private mutating func answered(_ entry: Entry) -> Source? {
        guard let source = source(entry) else { return nil }
        if case .claim = source {
            report(entry, "reads the secret; it must be a place in the answer")
            return nil
        }
        return source
    }

    private mutating func parameter(_ entry: Entry, _ url: Template?) -> String? {
        guard let name = string(entry) else { return nil }
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            report(entry, "must be the name of a query parameter, such as \"page\"")
            return nil
        }
        let isSet = url?.literals.contains { text in
            ["?", "&"].contains { text.contains($0 + name + "=") }
        }
        if isSet == true {
            report(entry, "is \"\(name)\", which url sets too; leave it out of url")
        }
        return name
    }

    private mutating func fields(_ entry: Entry) -> FactSources {
        let example = "{ expires = \"/expires_at\", name = \"/name\" }"
        guard let table = table(entry, example) else { return FactSources() }
        var decoder = ProfileDecoder(name: name, inside: entry, table: table)
        decoder.isOfRow = true
        decoder.refuseUnknownKeys(in: table, of: Self.factKeys, path: entry.path)
        let facts = decoder.facts()
        for source in facts.all {
            if case .body = source { continue }
            decoder.report(entry, "reads \(source); it must be a place in a row such as \"/name\"")
        }
        problems += decoder.problems
        return facts
    }

    private mutating func decodeLimits(_ entry: Entry, _ list: inout ProfileList) {
        guard let table = table(entry, "{ rows = 1000 }") else { return }
        refuseUnknownKeys(in: table, of: ["rows", "pages"], path: entry.path)
        let entries = entries(table, of: entry)
        if let rows = entries["rows"], let count = number(rows, in: 1...ProfileList.mostRows) {
            list.maximumRows = Int(count)
        }
        if let pages = entries["pages"], let count = number(pages, in: 1...ProfileList.mostPages) {
            list.maximumPages = Int(count)
        }
    }

    private mutating func number(_ entry: Entry, in range: ClosedRange<Int>) -> Int64? {
        guard case .integer(let number) = entry.node.value,
            Int64(range.lowerBound)...Int64(range.upperBound) ~= number
        else {
            report(
                entry,
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return nil
        }
        return number
    }
}
