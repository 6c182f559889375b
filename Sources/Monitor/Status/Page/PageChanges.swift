import Alerting
import Formats

/// A change in the record, in the form that the page shows.
struct PageChange {
    let type: String
    let severity: Severity
    let at: Instant
    let summary: String
    /// The token; nil if the change does not concern a token.
    let token: String?
    /// The permissions that were added and removed.
    let added: [String]
    let removed: [String]

    /// The most permissions to show in one change: an answer may contain thousands.
    private static let permissionLimit = 16

    /// Reads a line; returns nil if it is not an event of this version.
    init?(json: String) {
        guard let event = try? JSONValue(parsing: Array(json.utf8)),
            let type = event["type"]?.string,
            let severity = event["severity"]?.string.flatMap(Severity.init),
            let at = event["at"]?.string.flatMap({ Instant(text: $0) }),
            let summary = event["summary"]?.string
        else { return nil }
        self.type = type
        self.severity = severity
        self.at = at
        self.summary = summary
        token = event["token"]?["id"]?.string
        added = event["details"]?["added"]?.elements?.compactMap(\.string) ?? []
        removed = event["details"]?["removed"]?.elements?.compactMap(\.string) ?? []
    }

    /// Whether a token was added to or removed from the configuration; many may be at once.
    var isComingOrGoing: Bool {
        type == Change.firstSeen.rawValue || type == Change.forgotten.rawValue
    }

    func write(into html: inout HTMLWriter, at now: Instant) {
        html.element("li", ["class": severity.rawValue]) { html in
            html.time(at, at.distance(from: now))
            html.markup("<div>")
            html.element("bdi", text: summary)
            if !added.isEmpty || !removed.isEmpty {
                html.element("p", ["class": "diff"]) { html in
                    write(added, "ins", "+", into: &html)
                    write(removed, "del", "−", into: &html)
                }
            }
            html.markup("</div>")
        }
    }

    private func write(
        _ words: [String],
        _ element: StaticString,
        _ sign: String,
        into html: inout HTMLWriter
    ) {
        for word in words.prefix(Self.permissionLimit) {
            html.element(element, text: "\(sign) \(word)")
            html.markup(" ")
        }
        let more = words.count - Self.permissionLimit
        if more > 0 { html.text("\(sign) \(grouped(more)) more ") }
    }
}

/// The recent changes: permissions, expiries, accounts, names, secrets.
struct PageChanges {
    /// The changes, the newest first; nil if the record cannot be read.
    let changes: [PageChange]?
    let now: Instant

    /// The most changes to read from the record.
    static let limit = 200
    /// The most lines to show.
    private static let shownLimit = 30

    func write(into html: inout HTMLWriter) {
        html.markup("<section class=\"history\"><h2>Recent changes</h2>")
        defer { html.close("section") }
        guard let changes else {
            return html.markup("<p class=\"quiet\">The record cannot be read.</p>")
        }
        guard !changes.isEmpty else {
            return html.markup("<p class=\"quiet\">Nothing yet.</p>")
        }
        html.element("ol") { html in
            var rest = changes[...]
            for _ in 0..<Self.shownLimit {
                guard let change = rest.first else { break }
                let alike = rest.prefix { $0.type == change.type && change.isComingOrGoing }
                if alike.count > 2 {
                    // A group that ends at the last change that was read may continue beyond it.
                    let isCut = alike.count == rest.count && changes.count >= Self.limit
                    write(alike, isCut: isCut, into: &html)
                    rest = rest.dropFirst(alike.count)
                } else {
                    change.write(into: &html, at: now)
                    rest = rest.dropFirst()
                }
            }
        }
    }

    /// Writes many added or removed tokens in one line.
    private func write(
        _ alike: ArraySlice<PageChange>,
        isCut: Bool,
        into html: inout HTMLWriter
    ) {
        guard let newest = alike.first else { return }
        let isSeen = newest.type == Change.firstSeen.rawValue
        let words = isSeen ? "added" : "removed"
        let atLeast = isCut ? "at least " : ""
        html.element("li", ["class": newest.severity.rawValue]) { html in
            html.time(newest.at, newest.at.distance(from: now))
            html.element("div", text: "\(atLeast)\(counted(alike.count, "token")) \(words)")
        }
    }
}
