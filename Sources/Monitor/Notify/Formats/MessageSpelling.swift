import Alerting
import Formats

/// The spelling of one message in one format.
struct MessageSpelling {
    let format: MessageFormat
    let message: Message
    let values: FormatValues
    /// The URL of the daemon's page, if there is one.
    let page: String?

    /// The request; nil if the receiver is not notified of this phase.
    var request: WebhookMessage? {
        (format.phases[message.phase] ?? format.request).map(spelled)
    }

    /// The default request, which tests the channel in every phase.
    var requestOfTest: WebhookMessage { spelled(format.request) }

    private func spelled(_ request: FormatRequest) -> WebhookMessage {
        var headers = request.headers.compactMap { field in
            let value = header(field.value)
            return value.isEmpty ? nil : (name: field.name.lowercased(), value: value)
        }
        if let basic = request.basicAuth {
            let value = "Basic " + Base64.encode(Array(text(basic).utf8))
            headers.append((name: "authorization", value: value))
        }
        let (type, body) = body(request.body)
        return WebhookMessage(
            method: request.method,
            path: text(request.path, encoded: PercentEncoding.encodedSegment),
            headers: [(name: "content-type", value: type)] + headers,
            body: body
        )
    }

    private func body(_ body: FormatRequest.Body) -> (type: String, bytes: [UInt8]) {
        switch body {
        case .json(let template):
            var writer = JSONWriter(reserving: 1024)
            (template.filled(json) ?? .object([])).write(into: &writer)
            return ("application/json", writer.bytes)
        case .form(let fields):
            let pairs = fields.compactMap { field in
                let value = text(field.value)
                return value.isEmpty
                    ? nil
                    : PercentEncoding.encoded(field.name) + "=" + PercentEncoding.encoded(value)
            }
            return ("application/x-www-form-urlencoded", Array(pairs.joined(separator: "&").utf8))
        case .text(let template, let type):
            return (type, Array(text(template).utf8))
        }
    }

    private func text(
        _ template: Template,
        encoded: (String) -> String = { $0 }
    ) -> String {
        template.filled { encoded(text(of: $0)) }
    }

    /// Returns a header's value; foreign text may be of any script, and is then encoded.
    private func header(_ template: Template) -> String {
        let text = text(template)
        let hasText = template.variables.contains { MessagePlace(rawValue: $0)?.isText == true }
        let isASCII = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        return isASCII && !hasText ? text : EncodedWords.header(text)
    }

    /// Returns a string; for a template of one place, also a number, an object or event JSON.
    private func json(_ template: Template) -> JSONValue? {
        if template.pieces.count == 1, case .variable(let name)? = template.pieces.first {
            switch name {
            case MessagePlace.details.rawValue: return .object(message.details)
            case MessagePlace.event.rawValue:
                return try? JSONValue(parsing: Array(text(of: name).utf8))
            default:
                if case .integer(let number)? = format.bySeverity[name]?[message.status] {
                    return .integer(number)
                }
            }
        }
        let text = text(template)
        return text.isEmpty && !template.pieces.isEmpty ? nil : .string(text)
    }

    /// The value of a place.
    private func text(of name: String) -> String {
        if let secret = values.secrets[name] { return secret.reveal() }
        if let param = values.params[name] { return param }
        switch format.bySeverity[name]?[message.status] {
        case .string(let text)?: return text
        case .integer(let number)?: return String(number)
        case .bool(let flag)?: return String(flag)
        case nil: break
        }
        guard let place = MessagePlace(rawValue: name) else { return "" }
        return text(of: place)
    }

    private func text(of place: MessagePlace) -> String {
        let limit = format.limits[place.rawValue]
        switch place {
        case .title, .plainTitle: return joined([message.title], place)
        case .facts, .plainFacts: return longest(place) { $0 }
        case .text, .plainText: return longest(place) { [message.title] + $0 }
        case .details:
            return joined([[.text(EventFields.text(of: message.details))]], place)
        case .page: return fitting(page ?? "", limit)
        case .renewURL: return fitting(message.fields[place] ?? "", limit)
        default:
            let text = message.fields[place] ?? ""
            return place.isText ? joined([[.text(text)]], place) : text
        }
    }

    /// Returns the lines of a digest that fit, and the number of others; cuts other messages.
    private func longest(
        _ place: MessagePlace,
        _ whole: ([[Message.Piece]]) -> [[Message.Piece]]
    ) -> String {
        for lines in [message.lines] + message.shorterLines {
            let text = pieces(whole(lines), place).joined()
            guard let limit = format.limits[place.rawValue], limit.length(of: text) > limit.count
            else { return text }
        }
        return joined(whole(message.shorterLines.last ?? message.lines), place)
    }

    private func joined(_ lines: [[Message.Piece]], _ place: MessagePlace) -> String {
        let pieces = pieces(lines, place)
        guard let limit = format.limits[place.rawValue] else { return pieces.joined() }
        return limit.joined(pieces)
    }

    private func pieces(_ lines: [[Message.Piece]], _ place: MessagePlace) -> [String] {
        let escape = place.isText ? format.escape : TextEscape()
        let newline = place.isText ? format.newline : "\n"
        return lines.enumerated().flatMap { index, line in
            (index == 0 ? [] : [newline]) + line.flatMap { escape.pieces(of: $0) }
        }
    }

    /// Returns the address if it fits, else nothing: a truncated web address would not work.
    private func fitting(_ address: String, _ limit: TextLimit?) -> String {
        guard let limit, limit.length(of: address) > limit.count else { return address }
        return ""
    }
}

/// The percent-encoding of text.
///
/// It encodes all but the unreserved characters (RFC 3986 §2.3) and the colon, which paths and
/// forms accept as it is.
enum PercentEncoding {
    /// Encodes a segment of a path, in which `..` alone would remove the part before it.
    static func encodedSegment(_ text: String) -> String {
        text.allSatisfy { $0 == "." } ? text.replacing(".", with: "%2E") : encoded(text)
    }

    static func encoded(_ text: String) -> String { text.percentEncoded(but: "-._~:") }
}
