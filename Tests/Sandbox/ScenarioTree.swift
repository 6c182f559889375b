import Formats
import Monitor

/// A value of a scenario file or of a control request: one tree for TOML and JSON.
struct ScenarioNode {
    enum Value {
        case null
        case string(String)
        case integer(Int64)
        case boolean(Bool)
        case array([ScenarioNode])
        case table([ScenarioEntry])
        /// What no key of a scenario takes, by its kind: `a float`.
        case other(String)
    }

    let value: Value
    /// `LINE:COLUMN` in a file, the dotted path in JSON.
    let place: String

    init(_ value: Value, place: String) {
        self.value = value
        self.place = place
    }

    /// The value in a message; text is quoted, because there are no real secrets here.
    var shown: String {
        switch value {
        case .null: "null"
        case .string(let text): "\"\(text.prefix(60))\""
        case .integer(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .array: "an array"
        case .table: "a table"
        case .other(let kind): kind
        }
    }
}

/// A key, its place and what it is set to.
struct ScenarioEntry {
    let key: String
    let place: String
    let node: ScenarioNode
}

extension ScenarioNode {
    init(_ node: TOMLNode) {
        place = node.position.description
        value =
            switch node.value {
            case .string(let text): .string(text)
            case .integer(let number): .integer(number)
            case .boolean(let flag): .boolean(flag)
            case .array(let nodes): .array(nodes.map { ScenarioNode($0) })
            case .table(let table): .table(Self.entries(of: table))
            case .float, .offsetDateTime, .localDateTime, .localDate, .localTime:
                .other(node.value.typeName)
            }
    }

    init(_ table: TOMLTable) {
        self.init(.table(Self.entries(of: table)), place: table.position.description)
    }

    /// - Parameters:
    ///   - json: at most as deep as JSON is read at all.
    ///   - path: where it stands, for messages.
    init(_ json: JSONValue, path: String) {
        place = path.isEmpty ? "body" : path
        value =
            switch json {
            case .null: .null
            case .bool(let flag): .boolean(flag)
            case .integer(let number): .integer(number)
            case .number: .other("a fraction")
            case .string(let text): .string(text)
            case .array(let elements):
                .array(elements.enumerated().map { ScenarioNode($1, path: "\(path)[\($0)]") })
            case .object(let members):
                .table(
                    members.map { member in
                        let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
                        return ScenarioEntry(
                            key: member.key,
                            place: inner,
                            node: ScenarioNode(member.value, path: inner)
                        )
                    }
                )
            }
    }

    private static func entries(of table: TOMLTable) -> [ScenarioEntry] {
        table.entries.map { entry in
            ScenarioEntry(
                key: entry.key,
                place: entry.keyPosition.description,
                node: ScenarioNode(entry.node)
            )
        }
    }
}

/// What is wrong with a scenario or a control request, all of it.
package struct ScenarioErrors: Error, CustomStringConvertible {
    /// `FILE:LINE:COLUMN: message` of a file; the message alone of JSON.
    package let lines: [String]

    package var description: String { lines.joined(separator: "\n") }
}

/// Collects errors, so that all are reported together.
final class ScenarioReport {
    /// Beyond so many no one reads on.
    private static let maximumErrors = 50

    private let file: String?
    private(set) var lines: [String] = []

    /// A report that puts the name of a file and the place before every message.
    init(file: String? = nil) {
        self.file = file
    }

    func error(_ place: String, _ message: String) {
        guard lines.count < Self.maximumErrors else { return }
        // A message names the key, which is all the place there is in JSON.
        lines.append(file.map { "\($0):\(place): \(message)" } ?? message)
    }

    func finish() throws(ScenarioErrors) {
        guard lines.isEmpty else { throw ScenarioErrors(lines: lines) }
    }
}
