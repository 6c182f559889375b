import Alerting
import HTTP

/// Writes HTML: the program contains all markup, and everything else is escaped.
struct HTMLWriter {
    private(set) var bytes: [UInt8] = []

    /// The longest text: enough for an operator to read at a glance, and a bound for the page.
    static let maximumTextBytes = 400

    init(reserving count: Int = 16 * 1024) {
        bytes.reserveCapacity(count)
    }

    /// Writes markup unchanged.
    mutating func markup(_ text: StaticString) {
        bytes.append(text)
    }

    /// Writes markup that is made at the start of the program, such as the style sheet.
    mutating func markup(verbatim text: [UInt8]) {
        bytes += text
    }

    /// Writes text from any source: nothing in it becomes markup.
    ///
    /// Control characters and characters that change the direction of text are spelled out.
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

    /// Writes an element with the content that `content` writes.
    ///
    /// - Parameters:
    ///   - name: the name of an element that has an end tag.
    ///   - attributes: attributes, whose values are escaped and never cut: a cut link is wrong.
    ///   - content: writes the content between the tags.
    mutating func element(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:],
        _ content: (inout HTMLWriter) -> Void
    ) {
        open(name, attributes)
        content(&self)
        close(name)
    }

    /// Writes an element with a text in it.
    mutating func element(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:],
        text: String
    ) {
        element(name, attributes) { $0.text(text) }
    }

    /// Writes the start tag of an element that ends in another piece of the page.
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
    /// Writes an instant as a distance in words, with the instant itself as a tooltip.
    mutating func time(_ instant: Instant, _ words: String) {
        element("time", ["datetime": instant.rfc3339, "title": instant.forPeople], text: words)
    }
}
