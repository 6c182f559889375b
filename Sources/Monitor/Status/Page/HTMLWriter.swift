import Alerting
import HTTP

/// Writes HTML: what is markup is known when the program is built, all else is escaped.
struct HTMLWriter {
    private(set) var bytes: [UInt8] = []

    /// Longer texts are cut: what an operator reads at a glance, and a bound for the page.
    static let maximumTextBytes = 400

    init(reserving count: Int = 16 * 1024) {
        bytes.reserveCapacity(count)
    }

    /// Markup as it is.
    mutating func markup(_ text: StaticString) {
        bytes.append(text)
    }

    /// Markup that is made at the start of the program, such as the style sheet.
    mutating func markup(verbatim text: [UInt8]) {
        bytes += text
    }

    /// Text from any source: nothing in it is markup, and control characters and what turns the
    /// direction of text are written out.
    mutating func text(_ text: String, maximumBytes: Int = Self.maximumTextBytes) {
        for byte in text.escapedForTerminal(maximumBytes: maximumBytes).utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append("&amp;")
            case UInt8(ascii: "<"): bytes.append("&lt;")
            case UInt8(ascii: ">"): bytes.append("&gt;")
            case UInt8(ascii: "\""): bytes.append("&quot;")
            case UInt8(ascii: "'"): bytes.append("&#39;")
            default: bytes.append(byte)
            }
        }
    }

    /// An element with what `content` writes in it.
    ///
    /// - Parameters:
    ///   - name: of an element that has an end tag.
    ///   - attributes: whose values are escaped, and never cut: a part of a link is another link.
    ///   - content: what is between its tags.
    mutating func element(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:],
        _ content: (inout HTMLWriter) -> Void
    ) {
        open(name, attributes)
        content(&self)
        close(name)
    }

    /// An element with a text in it.
    mutating func element(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:],
        text: String
    ) {
        element(name, attributes) { $0.text(text) }
    }

    /// The tag that begins an element, for one that ends in another piece of the page.
    mutating func open(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:]
    ) {
        markup("<")
        markup(name)
        for (key, value) in attributes {
            markup(" ")
            markup(key)
            markup("=\"")
            text(value, maximumBytes: .max)
            markup("\"")
        }
        markup(">")
    }

    mutating func close(_ name: StaticString) {
        markup("</")
        markup(name)
        markup(">")
    }
}

extension HTMLWriter {
    /// An instant as the distance that a person reads, with the instant itself for who asks.
    mutating func time(_ instant: Instant, _ words: String) {
        element("time", ["datetime": instant.rfc3339, "title": instant.forPeople], text: words)
    }
}
