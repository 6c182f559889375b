import Alerting
import Formats

/// The format of requests to one kind of receiver: a value, not code.
package struct MessageFormat: Hashable, Sendable {
    /// A value that a channel sets.
    package struct Input: Hashable, Sendable {
        /// The channel's key; for a secret, NAME_file and NAME_credential exist too.
        package let name: String
        package let isSecret: Bool
        /// The description, for a person who has to find the value.
        package var about = ""
        package var example: String?
        /// The default; nil if a channel must set the value.
        package var fallback: String?

        /// The keys of a secret; a channel sets one of them.
        package var secretKeys: [String] { ["\(name)_file", "\(name)_credential", name] }
    }

    package let name: String
    /// The receiver, in a few words.
    package var about = ""
    /// The receiver's documentation of the request.
    package var docs: String?
    /// Whether a message may contain several events, because people read it.
    package var takesDigests = false
    /// The address, to which a request's path is appended.
    package var url = Input(name: "url", isSecret: true)
    package var inputs: [Input] = []
    var request = FormatRequest()
    /// The requests of phases that differ; nil for a phase that is not sent.
    var phases: [Event.Phase: FormatRequest?] = [:]
    /// The values by the status of a message: `critical`, `warning`, `info` or `resolved`.
    var bySeverity: [String: [String: MatchValue]] = [:]
    var escape = TextEscape()
    /// The separator of lines.
    var newline = "\n"
    /// The limits of texts, by the names of places.
    var limits: [String: TextLimit] = [:]
    var answers = AnswerRule()

    static let statuses = ["critical", "warning", "info", "resolved"]

    /// The requests of all phases.
    private var requests: [FormatRequest] { [request] + phases.values.compactMap { $0 } }

    /// Whether requests have a path of their own.
    var hasPath: Bool { requests.contains { !$0.path.pieces.isEmpty } }

    /// The methods and paths of requests, if they have paths.
    var places: [String] {
        guard hasPath else { return [] }
        return ([request] + phases.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap(\.value))
            .flatMap { [$0.method, $0.path.description] }
    }

    var hasBasicAuth: Bool { requests.contains { $0.basicAuth != nil } }
}

/// A kind of request.
struct FormatRequest: Hashable, Sendable {
    struct Field: Hashable, Sendable {
        let name: String
        let value: Template
    }

    enum Body: Hashable, Sendable {
        case json(JSONTemplate)
        /// A body of the type `application/x-www-form-urlencoded`.
        case form([Field])
        case text(Template, contentType: String)
    }

    var method = "POST"
    /// The path after the channel's address; empty, or begins with `/`.
    var path = Template("")
    var headers: [Field] = []
    /// The `USER:PASSWORD` of Basic authentication (RFC 7617).
    var basicAuth: Template?
    var body = Body.text(Template("{text}"), contentType: "text/plain; charset=utf-8")
}

/// A JSON value with places in its strings.
indirect enum JSONTemplate: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        let key: String
        let value: JSONTemplate
    }

    case literal(JSONValue)
    case string(Template)
    case array([JSONTemplate])
    case object([Member])

    /// Returns the value with every place filled; nil if it becomes empty.
    ///
    /// This drops a string whose places are all empty, an object without remaining members,
    /// and an element of an array that lacks a member.
    func filled(_ fill: (Template) -> JSONValue?) -> JSONValue? {
        switch self {
        case .literal(let value): return value
        case .string(let template): return fill(template)
        case .array(let elements):
            return .array(
                elements.compactMap { element in
                    let value = element.filled(fill)
                    guard case .object(let members) = element else { return value }
                    return value?.members?.count == members.count ? value : nil
                }
            )
        case .object(let members):
            let filled = members.compactMap { member in
                member.value.filled(fill).map { JSONMember(key: member.key, value: $0) }
            }
            return filled.isEmpty && !members.isEmpty ? nil : .object(filled)
        }
    }

    /// Every template of the value.
    var templates: [Template] {
        switch self {
        case .literal: []
        case .string(let template): [template]
        case .array(let elements): elements.flatMap(\.templates)
        case .object(let members): members.flatMap(\.value.templates)
        }
    }
}

/// The channel's values for its format.
package struct FormatValues: Sendable, CustomReflectable {
    package var params: [String: String] = [:]
    package var secrets: [String: Secret] = [:]

    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Returns foreign text without the secrets.
    func sanitized(_ text: String) -> String {
        secrets.values.reduce(text) { text, secret in
            let plain = secret.reveal()
            // A shorter text is not a secret, and may be part of a word.
            guard plain.utf8.count >= 4 else { return text }
            return text.replacing(plain, with: "(secret)")
                .replacing(PercentEncoding.encoded(plain), with: "(secret)")
        }
    }
}
