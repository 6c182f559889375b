import Alerting

/// The JSON Schema of the configuration, for editors: draft 7, which taplo reads.
///
/// The readers that check a configuration generate it, so that both know the same keys.
package enum ConfigurationSchema {
    package static func json() -> [UInt8] {
        let report = Configuration.notedKeys()
        let root = SchemaNode()
        for name in Set(report.keys ?? []).sorted() {
            root.add(name.split(separator: ".").map(String.init)[...], report.kinds[name])
        }
        var writer = JSONWriter()
        writer.object { json in
            json.field("$schema", "http://json-schema.org/draft-07/schema#")
            json.field("title", "tokenwatchd.toml, version \(Version.number)")
            root.write(into: &json, nil)
        }
        return writer.bytes
    }
}

/// A key, or a table with its keys.
private final class SchemaNode {
    private var kind: KeyKind?
    /// The subordinate keys with their names; they are added in sorted order.
    private var children: [(name: String, node: SchemaNode)] = []

    /// Placeholders for names that the operator chooses.
    private static let placeholders: Set = ["NAME", "ID"]

    func add(_ path: ArraySlice<String>, _ kind: KeyKind?) {
        guard let name = path.first else {
            self.kind = kind ?? self.kind
            return
        }
        let child =
            children.first { $0.name == name }?.node
            ?? {
                let node = SchemaNode()
                children.append((name, node))
                return node
            }()
        child.add(path.dropFirst(), kind)
    }

    /// Writes the members of this key's schema.
    func write(into json: inout JSONWriter, _ further: FurtherKeys?) {
        // A key such as policy.remind takes a text or a table.
        if !children.isEmpty, case .any? = kind {
            json.array("anyOf") { json in
                json.object { KeyKind.text("", Reminder.pattern).write(into: &$0) }
                json.object { writeTable(into: &$0, further) }
            }
            return
        }
        guard children.isEmpty else { return writeTable(into: &json, further) }
        kind?.write(into: &json)
    }

    private func writeTable(into json: inout JSONWriter, _ further: FurtherKeys?) {
        let own = children.filter { !Self.placeholders.contains($0.name) }
        let named = children.filter { Self.placeholders.contains($0.name) }
        json.field("type", "object")
        let types = further?.isOfChannels == true && named.isEmpty ? ChannelKeys.ofTypes() : []
        if !own.isEmpty {
            json.object("properties") { json in
                for (name, node) in own {
                    json.key(name)
                    // The types write their own keys below; a format may have a parameter of that name.
                    let isShared = types.allSatisfy { $0.kinds[name] == node.kind }
                    let inner = further == nil ? FurtherKeys(of: name) : nil
                    json.object { json in
                        if isShared { return node.write(into: &json, inner) }
                        if let words = node.kind?.words { json.field("description", words) }
                    }
                }
            }
        }
        if let (name, node) = named.first {
            json.object("patternProperties") { json in
                // A token may be one that an inventory lists.
                let row = name == "ID" ? "(/[A-Za-z0-9._:@+~=-]{1,120})?" : ""
                json.object("^[a-z0-9][a-z0-9._-]{0,63}\(row)$") {
                    node.write(into: &$0, further)
                }
            }
        }
        guard named.isEmpty, let further else {
            return json.field("additionalProperties", false)
        }
        further.write(into: &json, beside: own.map(\.name))
        guard !types.isEmpty else { return }
        json.array("allOf") { json in
            for type in types { json.object { type.write(into: &$0, further) } }
        }
    }
}

/// The keys of channels of one type.
private struct ChannelKeys {
    let type: ChannelType
    let keys: Set<String>
    let kinds: [String: KeyKind]

    static func ofTypes() -> [ChannelKeys] {
        ChannelType.allCases.map { type in
            let noted = type.notedKeys()
            return ChannelKeys(type: type, keys: noted.keys, kinds: noted.kinds)
        }
    }

    func write(into json: inout JSONWriter, _ further: FurtherKeys) {
        json.object("if") { json in
            json.object("properties") { json in
                json.object("type") { $0.field("const", type.rawValue) }
            }
            json.field("required", ["type"])
        }
        json.object("then") { json in
            json.object("properties") { json in
                for (name, kind) in kinds.sorted(by: { $0.key < $1.key }) where name != "type" {
                    json.object(name) { kind.write(into: &$0) }
                }
            }
            if type == .webhook {
                further.write(into: &json, beside: keys.sorted())
            } else {
                json.object("propertyNames") { $0.field("enum", keys.sorted()) }
            }
        }
    }
}

/// The keys that a token or a channel has only with some profiles or formats.
///
/// The keys of built-in ones are known. A profile or format in the configuration may add any key.
private struct FurtherKeys {
    /// The key that names the profile or format.
    private let choice: String
    private let builtIn: [String]
    private let keys: [String]

    var isOfChannels: Bool { choice == "format" }

    /// Returns nil if all such tables have the same keys.
    init?(of table: String) {
        switch table {
        case "tokens", "inventories":
            let profiles = BuiltinProviders.all.map(\.profile)
            choice = "provider"
            builtIn = BuiltinProviders.names
            keys =
                ["login_url"] + profiles.flatMap(\.variables)
                + profiles.flatMap(\.secrets).flatMap { [$0, $0 + "_file", $0 + "_credential"] }
        case "channels":
            choice = "format"
            builtIn = BuiltinFormats.all.map(\.name)
            keys = BuiltinFormats.all.flatMap(\.format.inputs).flatMap {
                $0.isSecret ? $0.secretKeys : [$0.name]
            }
        default: return nil
        }
    }

    func write(into json: inout JSONWriter, beside own: [String]) {
        json.object("if") { json in
            json.object("properties") { json in
                json.object(choice) { $0.field("enum", builtIn) }
            }
        }
        json.object("then") { json in
            json.object("propertyNames") { json in
                json.field("enum", Set(own + keys).sorted())
            }
        }
    }
}

extension KeyKind {
    fileprivate func write(into json: inout JSONWriter) {
        switch self {
        case .boolean: type("boolean", &json)
        case .integer(let range):
            type("integer", &json)
            json.field("minimum", range.lowerBound)
            json.field("maximum", range.upperBound)
        case .duration(let allowed):
            KeyKind.text(allowed, "^\(DurationText.pattern)$").write(into: &json)
        case .text(let allowed, let pattern):
            type("string", &json, allowed)
            Self.write(pattern, into: &json)
        case .texts(let allowed, let pattern):
            type("array", &json, allowed)
            json.object("items") { json in
                type("string", &json)
                Self.write(pattern, into: &json)
            }
        case .name(let names):
            json.array("anyOf") { json in
                json.object { $0.field("enum", names) }
                json.object { KeyKind.text("", "^[a-z0-9][a-z0-9._-]{0,63}$").write(into: &$0) }
            }
        case .word(let words):
            type("string", &json)
            json.field("enum", words)
        case .table: type("object", &json)
        case .any(let allowed): if let allowed { json.field("description", allowed) }
        }
    }

    private static func write(_ pattern: String?, into json: inout JSONWriter) {
        guard let pattern else { return }
        // Durations accept the empty text.
        json.field("minLength", 1)
        json.field("pattern", pattern)
    }

    private func type(_ name: String, _ json: inout JSONWriter, _ description: String? = nil) {
        json.field("type", name)
        guard let description, !description.isEmpty else { return }
        json.field("description", description)
    }
}
