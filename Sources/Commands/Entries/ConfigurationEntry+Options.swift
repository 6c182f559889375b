import Alerting
import Monitor

/// The options that an entry consists of, for its errors.
extension ConfigurationEntry {
    /// Returns the configuration with this entry added.
    ///
    /// - Throws: `Failure` with all errors; errors of the entry name options, because nobody has
    ///   written its file.
    func added(
        _ text: String,
        _ arguments: Arguments,
        _ session: Session
    ) throws(Failure) -> Configuration {
        do {
            return try session.configuration(
                arguments["config"],
                edit: .adding(name: name, text: text)
            )
        } catch {
            let lines = error.all.map { line(of: $0) }
            guard lines.contains(where: \.isOwn) else { throw Failure(error) }
            // A misspelt key is not reported as missing, too.
            let meant = lines.compactMap { $0.text.firstMatch(of: /did you mean "(\w+)"/)?.1 }
            let texts = lines.map(\.text).filter { text in
                !meant.contains { text.contains("needs \($0);") }
            }
            throw Failure(all: texts, status: ExitStatus.configuration)
        }
    }

    private func line(of error: Diagnostic) -> (isOwn: Bool, text: String) {
        guard error.file.hasSuffix("/\(Self.entryFolder)/\(name)") else {
            return (false, error.description)
        }
        return (true, words(error.message))
    }

    /// Returns a message with options for keys, such as `--base-url` for `tokens.ID.base_url`.
    func words(_ message: String) -> String {
        let prefix = "\(kind.table).\(id)."
        if message.hasPrefix("there is no key \(prefix)") {
            return unknownKey(message.dropFirst("there is no key \(prefix)".count))
        }
        var rest = advised(message)[...]
        var words = ""
        while let found = rest.firstRange(of: prefix) {
            let key = rest[found.upperBound...].prefix { $0.isLowercase || $0 == "_" }
            let option = String(key).replacing("_", with: "-")
            words += rest[..<found.lowerBound]
            words += Self.options.contains(option) ? "--\(option)" : "--set \(key)"
            rest = rest[key.endIndex...]
        }
        return (words + rest).replacing("\(kind.table).\(id)", with: "\(id)")
    }

    /// Returns the message about an unknown key of `--set`; `rest` begins with the key.
    private func unknownKey(_ rest: Substring) -> String {
        let text = "--set has no key \(rest)"
        guard let list = text.firstRange(of: "known here: ") else { return text }
        if text.contains("did you mean") { return String(text[..<list.lowerBound].dropLast()) }
        let known = text[list.upperBound...].split(separator: ", ").filter { key in
            !key.hasPrefix("secret")
                && !Self.options.contains(String(key).replacing("_", with: "-"))
        }
        return text[..<list.upperBound] + known.joined(separator: ", ")
    }

    /// Returns a message about a missing key with the option that sets it.
    private func advised(_ message: String) -> String {
        if let (text, name) = message.firstMatch(of: /provider (\S+) has no base: set base_url/)?
            .output
        {
            let host = name.prefix { $0.isLetter }
            return message.replacing(
                text,
                with: "\(name) has no default address; add --base-url https://\(host).example.com"
            )
        }
        if let key = message.firstMatch(of: /provider \S+ needs (\w+)$/)?.1 {
            return "\(message); add --set \(key)=VALUE"
        }
        if let (text, name) = message.firstMatch(of: /(\S+) lists no tokens;.*/)?.output {
            let lists = BuiltinProviders.all.map(\.profile).filter {
                $0.list != nil && $0.name.hasPrefix("\(name)-")
            }
            let choices = lists.map { profile in
                "--provider \(profile.name)"
                    + (profile.variables.isEmpty ? "" : " --set ")
                    + profile.variables.map { "\($0)=VALUE" }.joined(separator: ",")
            }
            let advice =
                choices.isEmpty
                ? "see which do: tokenwatchd providers"
                : "use \(choices.joined(separator: ", or "))"
            return message.replacing(text, with: "\(name) lists no tokens; \(advice)")
        }
        return message
    }

    private static let options: Set = [
        "provider", "base-url", "owner", "expires", "format", "min-severity", "allow-plain-http",
    ]
}
