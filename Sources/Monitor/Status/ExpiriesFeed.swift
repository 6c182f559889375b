import Alerting
import HTTP

extension StatusRoutes {
    /// Answers `GET /v1/expiries.ics`: every known expiry as a calendar event.
    func expiries() async -> HTTPResponse {
        let instance = await ports.overview().instance
        let feed = ExpiriesFeed(ports: ports, instance: instance)
        return HTTPResponse(
            status: 200,
            headers: [("Content-Type", "text/calendar; charset=utf-8")],
            body: .stream { await feed.next() }
        )
    }
}

/// The expiries of all tokens as iCalendar (RFC 5545), page by page.
private actor ExpiriesFeed {
    private let ports: StatusPorts
    private let instance: String
    private var last: TokenID?
    private var hasBegun = false
    private var hasEvents = false
    private var hasEnded = false

    init(ports: StatusPorts, instance: String) {
        self.ports = ports
        self.instance = instance
    }

    /// Returns the next piece; nil after the end.
    func next() async -> [UInt8]? {
        if hasEnded { return nil }
        let page = await ports.page(after: last)
        var calendar = CalendarWriter()
        if !hasBegun {
            calendar.line("BEGIN", "VCALENDAR")
            calendar.line("VERSION", "2.0")
            calendar.line("PRODID", "-//tokenwatchd//tokenwatchd \(Version.number)//EN")
            calendar.line("CALSCALE", "GREGORIAN")
            calendar.text("X-WR-CALNAME", "Token expiries of \(instance)")
            calendar.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
            hasBegun = true
        }
        for token in page.tokens where calendar.write(token, instance: instance) {
            hasEvents = true
        }
        last = page.next
        if last == nil {
            hasEnded = true
            if !hasEvents { calendar.writeZone() }
            calendar.line("END", "VCALENDAR")
        }
        return calendar.bytes
    }
}

/// A writer of iCalendar lines.
struct CalendarWriter {
    private(set) var bytes: [UInt8] = []

    /// The most octets of a line without its end (RFC 5545 §3.1).
    private static let width = 75

    init() {}

    /// Writes a property whose value is not text: an instant, a URI or a word.
    mutating func line(_ name: String, _ value: String) {
        var octets = 0
        for scalar in "\(name):\(value)".unicodeScalars where !scalar.isUnsafeToShow {
            let encoded = Array(String(scalar).utf8)
            if octets + encoded.count > Self.width {
                // A line continues after a space, which counts; no break divides a character.
                bytes += Array("\r\n ".utf8)
                octets = 1
            }
            bytes += encoded
            octets += encoded.count
        }
        bytes += Array("\r\n".utf8)
    }

    /// Writes a property whose value is text (RFC 5545 §3.3.11).
    mutating func text(_ name: String, _ value: String) {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\", ";", ",":
                escaped.unicodeScalars.append("\\")
                escaped.unicodeScalars.append(scalar)
            case "\n": escaped += "\\n"
            case _ where scalar.isUnsafeToShow: escaped += "\\\(scalar.escapedForTerminal)"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        line(name, escaped)
    }

    /// Writes a time zone, which no time needs: a calendar must have a component (RFC 5545 §3.6).
    mutating func writeZone() {
        line("BEGIN", "VTIMEZONE")
        line("TZID", "UTC")
        line("BEGIN", "STANDARD")
        line("DTSTART", "19700101T000000")
        line("TZOFFSETFROM", "+0000")
        line("TZOFFSETTO", "+0000")
        line("END", "STANDARD")
        line("END", "VTIMEZONE")
    }

    /// Writes the expiry of a token.
    ///
    /// - Returns: false if no expiry is known; then it writes nothing.
    mutating func write(_ token: TokenSnapshot, instance: String) -> Bool {
        let (settings, state) = (token.settings, token.state)
        guard let instant = token.effectiveExpiry.instant else { return false }
        var notes = ["Provider: \(settings.provider)"]
        if let name = state.known?.name { notes.append("Name: \(name)") }
        if let account = state.known?.accountWords { notes.append("Account: \(account)") }
        if let owner = settings.owner { notes.append("Owner: \(owner)") }
        if let note = settings.note { notes.append(note) }
        if let renew = settings.renewURL { notes.append("Renew: \(renew)") }
        notes.append("Watched by tokenwatchd on \(instance)")
        line("BEGIN", "VEVENT")
        // The id is the same for a token with any expiry, so that a renewal moves the entry.
        text("UID", "\(settings.id)@\(instance).tokenwatchd")
        line("DTSTAMP", token.at.calendarTime)
        line("DTSTART", instant.calendarTime)
        text("SUMMARY", "\(settings.id) expires")
        text("DESCRIPTION", notes.joined(separator: "\n"))
        if let renew = settings.renewURL { line("URL", renew) }
        line("TRANSP", "TRANSPARENT")
        line("END", "VEVENT")
        return true
    }
}

extension Instant {
    /// The time in the form `20261121T080000Z` (RFC 5545 §3.3.5, form 2).
    fileprivate var calendarTime: String {
        rfc3339.filter { $0 != "-" && $0 != ":" }
    }
}
