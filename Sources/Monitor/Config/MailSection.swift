import Alerting
import Formats

extension ConfigurationDecoder {
    /// The keys of a channel of type `mail`.
    func mail(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let server = required("smtp", MailServer.rule, &reader, MailServer.init)
        var sender = ""
        if case .leaf(.string(let text), _)? = reader.table?["from"]?.value { sender = text }
        let from = required("from", MailAddress.rule(for: sender), &reader) {
            MailAddress.isOne($0) ? $0 : nil
        }
        let to = recipients(&reader)
        let user = reader.parsed("user", allowed: "a name without control characters") { text in
            !text.isEmpty && text.utf8.count <= 255 && text == text.escapedForTerminal ? text : nil
        }
        let password = secretSource("password", &reader)
        let hasPassword = ["password", "password_file", "password_credential"].contains {
            reader.has($0)
        }
        if reader.has("user") != hasPassword, let place = reader.table?.place {
            report.missing(
                place,
                "\(reader.path) has \(hasPassword ? "a password and no user" : "a user and no password")"
                    + "; set user and one of password_file and password_credential, or neither"
            )
        }
        guard let server, let from, let to else { return nil }
        return .mail(
            MailSettings(
                server: server.value,
                user: user?.value,
                password: password,
                from: from.value,
                to: to
            )
        )
    }

    /// The most recipients: more of them should be a mailing list.
    private static let mostRecipients = 50

    private func recipients(_ reader: inout TableReader) -> [String]? {
        let allowed = "an array of 1 to \(Self.mostRecipients) mail addresses"
        guard let list = reader.strings("to", allowed: allowed) else {
            reader.require("to", "it must be \(allowed)")
            return nil
        }
        guard (1...Self.mostRecipients).contains(list.value.count) else {
            report.error(
                list.place,
                "\(reader.name(of: "to")) has \(list.value.count) addresses; it must be \(allowed)"
            )
            return nil
        }
        for item in list.value where !MailAddress.isOne(item.value) {
            report.error(
                item.place,
                "\(reader.name(of: "to")) has \(TOMLValue.string(item.value).shown); it must be "
                    + MailAddress.rule(for: item.value)
            )
        }
        return list.value.map(\.value)
    }

    private func required<Value>(
        _ key: String,
        _ rule: String,
        _ reader: inout TableReader,
        _ parse: (String) -> Value?
    ) -> Located<Value>? {
        reader.require(key, "it must be \(rule)")
        return reader.parsed(key, allowed: rule, parse)
    }
}
