import Alerting
import Formats

// The keys of `type = "webhook"`, and the places of its secrets.
extension ConfigurationDecoder {
    func webhook(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let allowsPlainHTTP = reader.boolean("allow_plain_http")?.value ?? false
        let format = format(&reader)
        let data = format?.data
        let url = url(&reader, allowsPlainHTTP: allowsPlainHTTP, of: data)
        let key = secretSource("signing_key", inlineAllowed: false, &reader)
        let previous = secretSource("previous_signing_key", inlineAllowed: false, &reader)
        let headers = headers(&reader)
        var params: [String: String] = [:]
        var secrets: [String: SecretSource] = [:]
        for input in data?.inputs ?? [] {
            if input.isSecret {
                secrets[input.name] = secretSource(input.name, &reader)
            } else {
                params[input.name] = param(input, &reader)
            }
            reportMissing(input, of: data, &reader)
        }
        guard let url, let format else { return nil }
        return .webhook(
            WebhookSettings(
                url: url,
                format: format,
                params: params,
                secrets: secrets,
                signingKey: key,
                previousSigningKey: previous,
                headers: headers,
                allowsPlainHTTP: allowsPlainHTTP
            )
        )
    }

    /// Reads the format; nil if it is unknown or has errors.
    private func format(_ reader: inout TableReader) -> WebhookFormat? {
        let names = formats.allNames
        let given = reader.table?["format"]?.value
        let name = reader.parsed(
            "format",
            allowed: "one of \(names.map { "\"\($0)\"" }.joined(separator: ", ")), or the NAME of a"
                + " [formats.NAME]" + Self.nearest(given, among: names)
        ) { names.contains($0) ? $0 : nil }
        guard reader.has("format") else { return formats["json"] }
        let format = name.flatMap { formats[$0.value] }
        // The keys of an unknown format are unknown, too.
        if format == nil { reader.allowOtherKeys() }
        return format
    }

    /// Returns `; did you mean "slack"?` if one of the names is near.
    private static func nearest(
        _ value: ConfigurationTable.Value?,
        among names: [String]
    ) -> String {
        guard case .leaf(.string(let text), _)? = value, !names.contains(text),
            let near = NearestName.of(text, among: names)
        else { return "" }
        return "; did you mean \"\(near)\"?"
    }

    private func param(_ input: MessageFormat.Input, _ reader: inout TableReader) -> String? {
        reader.parsed(input.name, allowed: FormatDecoder.sentence, FormatDecoder.line)?.value
            ?? input.fallback
    }

    private func reportMissing(
        _ input: MessageFormat.Input,
        of format: MessageFormat?,
        _ reader: inout TableReader
    ) {
        let keys = input.isSecret ? input.secretKeys : [input.name]
        guard input.fallback == nil, !keys.contains(where: { reader.has($0) }),
            let place = reader.table?.place
        else { return }
        let what = input.about.isEmpty ? "" : ": \(input.about)"
        report.missing(
            place,
            "\(reader.path) has no \(input.name), which the format \(format?.name ?? "") needs; set "
                + (input.isSecret ? "one of \(keys.joined(separator: ", "))" : input.name) + what
        )
    }

    /// Reads `url`, `url_file` or `url_credential`.
    ///
    /// One must be set unless the format of a webhook has an address of its own.
    func url(
        _ reader: inout TableReader,
        allowsPlainHTTP: Bool,
        of format: MessageFormat? = nil
    ) -> SecretSource? {
        let url = secretSource("url", &reader)
        let isSet = ["url", "url_file", "url_credential"].contains { reader.has($0) }
        if !isSet, let fallback = format?.url.fallback {
            return (try? Secret(validating: fallback.utf8)).map { .inline($0) }
        }
        if !isSet {
            let about = format.map { $0.url.about.isEmpty ? "" : ": \($0.url.about)" } ?? ""
            reader.require("url", "set one of url, url_file and url_credential\(about)")
        }
        if case .inline(let url)? = url, let place = reader.place(of: "url") {
            do {
                _ = try WebhookTarget(
                    url: url,
                    allowsPlainHTTP: allowsPlainHTTP,
                    takesPath: format?.hasPath ?? false
                )
            } catch {
                report.error(place, "\(reader.name(of: "url")): \(error)")
            }
        }
        return url
    }

    private func headers(_ reader: inout TableReader) -> [HeaderField] {
        guard let table = reader.table("headers") else { return [] }
        var headers: [HeaderField] = []
        for entry in table.entries {
            let name = "\(reader.name(of: "headers")).\(TOMLValue.shortened(entry.key))"
            guard let value = headerValue(entry, name) else { continue }
            if headers.contains(where: { $0.name.lowercased() == entry.key.lowercased() }) {
                report.error(
                    entry.keyPlace,
                    "\(name) is set twice, with different capital letters; remove one"
                )
            }
            do {
                let text = if case .text(let text) = value { text } else { "" }
                try WebhookTarget.check((name: entry.key, value: text))
                headers.append(HeaderField(name: entry.key, value: value))
            } catch {
                report.error(entry.keyPlace, "\(reader.path): \(error)")
            }
        }
        return headers
    }

    private func headerValue(
        _ entry: ConfigurationTable.Entry,
        _ name: String
    ) -> HeaderField.Value? {
        switch entry.value {
        case .leaf(.string(let text), let place):
            if HeaderField.isSecret(entry.key), !report.privateFiles.contains(Int(place.file)) {
                let path = SecretFile.quoted(report.files[Int(place.file)])
                report.warning(
                    place,
                    "\(name) looks like a secret in a file that others can read; run: "
                        + "chmod 0600 \(path), or set it to { file = \"…\" }"
                )
            }
            return .text(text)
        case .table(let table):
            var inner = TableReader(table, path: name, report: report)
            let file = inner.parsed(
                "file",
                allowed: "an absolute path",
                isSecret: true,
                absolutePath
            )
            let credential = credential("credential", &inner)
            inner.finish()
            if inner.has("file") == inner.has("credential") {
                report.error(entry.keyPlace, "\(name) must have one of file and credential")
            }
            if let file { return .secret(.file(file.value)) }
            return credential.map { .secret(.credential($0.value)) }
        case .leaf:
            report.error(
                entry.keyPlace,
                "\(name) must be a string without control characters, or { file = \"…\" } or"
                    + " { credential = \"…\" }"
            )
            return nil
        }
    }

    private func credential(_ key: String, _ reader: inout TableReader) -> Located<String>? {
        let rule = "the name of a credential in $CREDENTIALS_DIRECTORY"
        return reader.parsed(key, allowed: rule, isSecret: true) { text in
            !text.isEmpty && text.utf8.count <= 255 && !text.contains("/")
                && !text.hasPrefix(".") && text == text.escapedForTerminal
                && !SecretLook.isSecret(text) ? text : nil
        }
    }

    /// Reads `NAME`, `NAME_file` or `NAME_credential`.
    ///
    /// The configuration may contain a secret itself only if no one else can read its file.
    func secretSource(
        _ name: String,
        inlineAllowed: Bool = true,
        _ reader: inout TableReader
    ) -> SecretSource? {
        // Errors do not show these values: people write a secret where its file should be.
        let file = reader.path(name + "_file", isSecret: true)
        let credential = credential(name + "_credential", &reader)
        let inline = inlineAllowed ? inlineSecret(name, &reader) : nil
        if !inlineAllowed {
            reader.refuse(
                name,
                "\(reader.name(of: name)) must not be in the configuration; "
                    + "set \(name)_file or \(name)_credential"
            )
        }
        var places = [file?.place, credential?.place, inline?.place].compactMap { $0 }
        if places.count > 1 {
            places.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
            let names = ["\(name)_file", "\(name)_credential"] + (inlineAllowed ? [name] : [])
            report.error(
                places[1],
                "\(reader.path) has more than one \(name), the first at "
                    + "\(report.name(of: places[0])); set one of \(names.joined(separator: ", "))"
            )
        }
        if let file { return .file(file.value) }
        if let credential { return .credential(credential.value) }
        return inline.map { .inline($0.value) }
    }

    private func inlineSecret(
        _ name: String,
        _ reader: inout TableReader
    ) -> Located<Secret>? {
        let rule = "one line of printable ASCII"
        let inline = reader.parsed(name, allowed: rule, isSecret: true) {
            try? Secret(validating: $0.utf8)
        }
        guard let inline else { return nil }
        let isPublic = name == "url" && inline.value.isServerAlone
        if !isPublic, !report.privateFiles.contains(Int(inline.place.file)) {
            let path = SecretFile.quoted(report.files[Int(inline.place.file)])
            let message =
                "\(reader.name(of: name)) is a secret in a file that others can read; run: "
                + "chmod 0600 \(path), or use \(name)_file"
            // A URL may contain a secret; a token is always a secret.
            if name == "url" {
                report.warning(inline.place, message)
            } else {
                report.error(inline.place, message)
            }
        }
        return inline
    }
}

extension Secret {
    /// Whether the text is the URL of a server, without anything that may be secret.
    fileprivate var isServerAlone: Bool {
        guard let scheme = ["https://", "http://"].first(where: reveal().lowercased().hasPrefix)
        else { return false }
        let rest = reveal().dropFirst(scheme.count)
        return !rest.dropLast(rest.hasSuffix("/") ? 1 : 0).contains { "/?#@".contains($0) }
    }
}
