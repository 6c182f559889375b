import Alerting
import HTTP

extension StatusRoutes {
    /// `GET /v1/expiries.ics`: every known expiry as an event of a calendar.
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

/// The expiries of all tokens as iCalendar (RFC 5545), a page of tokens at a time.
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

    /// The next piece; nil after the end.
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

/// Writes lines of iCalendar.
struct CalendarWriter {
    private(set) var bytes: [UInt8] = []

    /// Octets of a line without its end (RFC 5545 §3.1).
    private static let width = 75

    init() {}

    /// A property whose value is no text: an instant, a URI or a word.
    mutating func line(_ name: String, _ value: String) {
        var octets = 0
        for scalar in "\(name):\(value)".unicodeScalars where !scalar.isUnsafeToShow {
            let encoded = Array(String(scalar).utf8)
            if octets + encoded.count > Self.width {
                // A line continues after a space, which counts; no character is cut in two.
                bytes += Array("\r\n ".utf8)
                octets = 1
            }
            bytes += encoded
            octets += encoded.count
        }
        bytes += Array("\r\n".utf8)
    }

    /// A property whose value is text (RFC 5545 §3.3.11).
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

    /// The zone of all times, which need none: a calendar may not be without any part (RFC 5545 §3.6).
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

    /// The expiry of a token.
    ///
    /// - Returns: false if none is known, and nothing is written.
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
        // The same for a token with any expiry, so that a renewal moves the entry.
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
    /// `20261121T080000Z` (RFC 5545 §3.3.5, form 2).
    fileprivate var calendarTime: String {
        rfc3339.filter { $0 != "-" && $0 != ":" }
    }
}
