import Alerting
package import Formats

/// An error in a profile: place, problem and advice.
package struct ProfileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let position: TOMLPosition
    package let message: String

    /// The error as `LINE:COLUMN: message`.
    package var description: String { "\(position): \(message)" }
}

extension Profile {
    /// Reads a `[providers.NAME]` table; returns nil if it has an error.
    ///
    /// - Parameters:
    ///   - name: the provider's name.
    ///   - table: its table in the configuration.
    ///   - problems: the list that collects all errors, in the order of the file.
    package init?(name: String, table: TOMLTable, problems: inout [ProfileProblem]) {
        var decoder = ProfileDecoder(name: name, table: table)
        let profile = decoder.profile()
        problems += decoder.problems.sorted { left, right in
            (left.position.line, left.position.column)
                < (right.position.line, right.position.column)
        }
        guard decoder.problems.isEmpty else { return nil }
        self = profile
    }
}

/// Decodes one profile and collects all errors.
struct ProfileDecoder {
    static let keys =
        [
            "docs", "verified", "cannot_see", "base", "url", "method", "headers", "basic", "body",
            "login", "variables", "secrets", "live_status", "dead_status", "dead_text", "dead_if",
            "expired_text",
            "expired_if", "limited_text", "limited_if", "live_text", "undecided_text", "live_if",
            "row", "list", "permission_syntax", "known_permissions", "secret_prefixes",
            "foreign_prefixes",
        ] + factKeys

    /// The keys of facts, about a token itself or in a row of a list.
    static let factKeys = [
        "expires", "permissions", "last_used", "created", "name", "account", "account_name",
        "company",
    ]

    let table: TOMLTable
    /// The table's name in the configuration, `providers.NAME`.
    let path: String
    let name: String
    /// Whether it decodes the facts in a row of a list.
    var isOfRow = false
    var problems: [ProfileProblem] = []

    init(name: String, table: TOMLTable) {
        self.name = name
        self.table = table
        let isBare = name.utf8.allSatisfy { $0.isLetterOrDigit || "-_".utf8.contains($0) }
        path = "providers." + (isBare && !name.isEmpty ? name : "\"\(name)\"")
    }

    /// Makes a decoder of facts in a table inside another table.
    init(name: String, inside entry: Entry, table: TOMLTable) {
        self.name = name
        self.table = table
        path = entry.path
    }

    mutating func profile() -> Profile {
        var profile = Profile(name: name)
        refuseUnknownKeys(in: table, of: Self.keys, path: path)
        decodeRemarks(&profile)
        profile.variables = names("variables", taken: [])
        profile.secrets = names("secrets", taken: profile.variables)
        profile.login = entry("login").flatMap { login($0, profile) }
        decodeRequest(&profile)
        decodeVerdict(&profile)
        profile.row = entry("row").flatMap { row($0, profile) }
        profile.facts = facts()
        profile.list = entry("list").flatMap { list($0, profile) }
        if let entry = entry("permission_syntax") {
            let syntax = choice(entry, of: ["resource:action", "opaque"])
            profile.permissionSyntax = syntax.flatMap(PermissionSyntax.init) ?? .opaque
        }
        decodeKnown(&profile)
        checkVerdict(profile)
        return profile
    }

    /// Reads the sources of the facts, in the keys of the table.
    mutating func facts() -> FactSources {
        var facts = FactSources()
        let expires = entry("expires").map { times($0) } ?? []
        facts.expires = expires.first
        facts.alsoExpires = Array(expires.dropFirst())
        facts.lastUsed = entry("last_used").flatMap { time($0) }
        facts.created = entry("created").flatMap { time($0) }
        facts.permissions = entry("permissions").flatMap { set($0) }
        facts.tokenName = entry("name").flatMap { text($0) }
        facts.account = entry("account").flatMap { text($0) }
        facts.accountName = entry("account_name").map { sources($0) } ?? []
        facts.company = entry("company").flatMap { source($0) }
        return facts
    }

    /// A key that is set, with its full name for messages.
    struct Entry {
        let path: String
        let keyPosition: TOMLPosition
        let node: TOMLNode
    }

    func entry(_ key: String) -> Entry? {
        table.entry(key).map { Entry($0, path: "\(path).\(key)") }
    }

    mutating func report(_ position: TOMLPosition, _ message: String) {
        problems.append(ProfileProblem(position: position, message: message))
    }

    mutating func report(_ entry: Entry, _ message: String) {
        report(entry.node.position, "\(entry.path) \(message)")
    }

    mutating func refuseUnknownKeys(in table: TOMLTable, of known: [String], path: String) {
        for entry in table.entries where !known.contains(entry.key) {
            let hint =
                NearestName.of(entry.key, among: known).map { "did you mean \($0)?" }
                ?? "the keys are \(known.joined(separator: ", "))"
            report(
                entry.keyPosition,
                "\(path) has no key \(MatchValue.string(entry.key).json); \(hint)"
            )
        }
    }

    mutating func string(_ entry: Entry) -> String? {
        guard case .string(let text) = entry.node.value else {
            report(entry, "is \(entry.node.value.typeName); it must be a string")
            return nil
        }
        return text
    }

    /// Reads a string that `parse` turns into a value.
    mutating func parsed<Value>(
        _ entry: Entry,
        allowed: @autoclosure () -> String,
        _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = string(entry) else { return nil }
        let value = parse(text)
        if value == nil {
            report(entry, "is \(MatchValue.string(text).json); it must be \(allowed())")
        }
        return value
    }

    mutating func choice(_ entry: Entry, of allowed: [String]) -> String? {
        let list = allowed.map { "\"\($0)\"" }.joined(separator: " or ")
        return parsed(entry, allowed: list) { allowed.contains($0) ? $0 : nil }
    }

    /// Reads one of an enumeration's words.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ entry: Entry,
        as type: Word.Type,
        isAllowed: (Word) -> Bool = { _ in true }
    ) -> Word? {
        choice(entry, of: Word.allCases.filter(isAllowed).map(\.rawValue)).flatMap(Word.init)
    }

    /// Reads a JSON pointer to a part of the document.
    mutating func pointer(_ entry: Entry, like example: String) -> JSONPointer? {
        parsed(entry, allowed: "a JSON pointer such as \"\(example)\"") {
            $0.hasPrefix("/") ? JSONPointer($0) : nil
        }
    }

    /// Reads a table, such as `example`.
    mutating func table(_ entry: Entry, _ example: String, _ what: String = "such as") -> TOMLTable?
    {
        guard case .table(let table) = entry.node.value else {
            let type = entry.node.value.typeName
            report(entry, "is \(type); it must be a table \(what) \(example)")
            return nil
        }
        return table
    }

    /// Reads strings that follow a rule; others are reported and dropped.
    mutating func strings(
        _ items: [Entry],
        rule: String,
        where isFine: (String) -> Bool
    ) -> [String] {
        items.compactMap { item in
            guard let text = string(item) else { return nil }
            if isFine(text) { return text }
            report(item, "must be \(rule)")
            return nil
        }
    }

    mutating func elements(_ entry: Entry, of what: String) -> [Entry]? {
        guard case .array(let nodes) = entry.node.value else {
            report(entry, "is \(entry.node.value.typeName); it must be an array of \(what)")
            return nil
        }
        return nodes.enumerated().map { index, node in
            Entry(path: "\(entry.path)[\(index)]", keyPosition: node.position, node: node)
        }
    }

    /// Returns the keys of an inline table, each with its full name.
    func entries(_ table: TOMLTable, of entry: Entry) -> [String: Entry] {
        table.entries.reduce(into: [:]) { entries, item in
            entries[item.key] = Entry(item, path: "\(entry.path).\(item.key)")
        }
    }

    mutating func matchValue(_ entry: Entry) -> MatchValue? {
        switch entry.node.value {
        case .string(let text): return .string(text)
        case .integer(let integer): return .integer(integer)
        case .boolean(let flag): return .bool(flag)
        case .float, .offsetDateTime, .localDateTime, .localDate, .localTime, .array, .table:
            report(
                entry,
                "is \(entry.node.value.typeName); it must be a string, an integer or a boolean"
            )
            return nil
        }
    }
}

extension ProfileDecoder.Entry {
    init(_ entry: TOMLTable.Entry, path: String) {
        self.init(path: path, keyPosition: entry.keyPosition, node: entry.node)
    }

    /// Makes an entry whose key is quoted text, such as a JSON pointer.
    init(_ entry: TOMLTable.Entry, quotedIn path: String) {
        self.init(entry, path: "\(path).\(MatchValue.string(entry.key).json)")
    }
}
