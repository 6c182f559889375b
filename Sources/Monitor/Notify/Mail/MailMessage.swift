import Alerting

/// A mail: headers and a text of quoted-printable UTF-8 (RFC 5322, RFC 2045).
struct MailMessage {
    /// The headers, in the order in which they are written; names and values are ASCII on one line.
    private var headers: [(name: String, value: String)]
    private let text: String

    /// - Parameters:
    ///   - id: the id of the event or the digest; the same at every attempt.
    ///   - alertID: the id of the event that raised the alert; nil for no alert or several alerts.
    ///   - subject: the line that a list of mails shows.
    ///   - text: the text with line feeds.
    ///   - at: the time of the event.
    ///   - instance: the daemon's name.
    ///   - from: the sender's address.
    ///   - to: the recipients' addresses.
    init(
        id: String,
        alertID: String?,
        subject: String,
        text: String,
        at: Instant,
        instance: String,
        from: String,
        to: [String]
    ) {
        self.text = text
        let domain = Self.domain(instance)
        headers = [
            ("Date", Self.date(at)), ("From", from), ("To", to.joined(separator: ", ")),
            ("Subject", EncodedWords.header(subject)), ("Message-ID", "<\(id)@\(domain)>"),
        ]
        // The mail that raised the alert has the alert's id, and begins the thread.
        if let alertID, alertID != id {
            headers += [
                ("In-Reply-To", "<\(alertID)@\(domain)>"), ("References", "<\(alertID)@\(domain)>"),
            ]
        }
        headers += [
            // This header prevents vacation notices (RFC 3834 §5).
            ("Auto-Submitted", "auto-generated"), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "quoted-printable"),
        ]
    }

    /// The mail with the line ends of SMTP; libcurl adds the dots.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in headers {
            bytes += Self.folded("\(name): \(value)").utf8
        }
        return bytes + "\r\n".utf8 + QuotedPrintable.encode(text)
    }

    /// Returns the part after the `@` of a message's id: letters, digits, dots and dashes.
    private static func domain(_ instance: String) -> String {
        let allowed = instance.utf8.filter { $0.isLetterOrDigit || "-.".utf8.contains($0) }
        let name = String(decoding: allowed.prefix(100), as: UTF8.self)
        return "\(name.isEmpty ? "tokenwatchd" : name).tokenwatchd"
    }

    /// Returns a date such as `Sat, 28 Nov 2026 07:00:00 +0000` (RFC 5322 §3.3).
    private static func date(_ instant: Instant) -> String {
        let time = CivilTime(instant)
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        // 1970-01-01 was a Thursday.
        let days1970 = instant.seconds / 86400 - (instant.seconds % 86400 < 0 ? 1 : 0)
        let day = days[Int((days1970 % 7 + 7) % 7)]
        var text = "\(day), \(time.day) \(months[time.month - 1]) "
        text.append(padded: Int(time.year), to: 4)
        for (separator, number) in [(" ", time.hour), (":", time.minute), (":", time.second)] {
            text += separator
            text.append(padded: number, to: 2)
        }
        return text + " +0000"
    }

    /// Folds a header into lines of 78 characters if it has spaces (RFC 5322 §2.1.1, §2.2.3).
    private static func folded(_ header: String) -> String {
        var lines = ""
        var line = ""
        for word in header.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.utf8.count + 1 + word.utf8.count > 78, line != " " {
                lines += line + "\r\n"
                line = " \(word)"
            } else {
                line += line.isEmpty ? String(word) : " \(word)"
            }
        }
        return lines + line + "\r\n"
    }
}

/// The encoding of text in lines of at most 76 ASCII characters (RFC 2045 §6.7).
enum QuotedPrintable {
    static func encode(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var length = 0
            let content = Array(line.utf8)
            for (index, byte) in content.enumerated() {
                let isLast = index == content.count - 1
                let isPlain =
                    (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=")
                    || byte == UInt8(ascii: " ") && !isLast
                let size = isPlain ? 1 : 3
                if length + size > 75 {
                    bytes += "=\r\n".utf8
                    length = 0
                }
                length += size
                if isPlain {
                    bytes.append(byte)
                } else {
                    bytes += byte.hexadecimal(after: "=")
                }
            }
            bytes += "\r\n".utf8
        }
        return bytes
    }
}
