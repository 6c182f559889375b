import Alerting

// The keys of `type = "webhook"`, and where its secrets are.
extension ConfigurationDecoder {
    func webhook(_ reader: inout TableReader) -> ChannelSettings.Kind? {
        let allowsPlainHTTP = reader.boolean("allow_plain_http")?.value ?? false
        let url = url(&reader, allowsPlainHTTP: allowsPlainHTTP)
        let format = reader.word("format", as: WebhookFormat.self)
        let key = secretSource("signing_key", inlineAllowed: false, &reader)
        let previous = secretSource("previous_signing_key", inlineAllowed: false, &reader)
        let headers = headers(&reader)
        return url.map {
            .webhook(
                WebhookSettings(
                    url: $0,
                    format: format?.value ?? .json,
                    signingKey: key,
                    previousSigningKey: previous,
                    headers: headers,
                    allowsPlainHTTP: allowsPlainHTTP
                )
            )
        }
    }

    /// One of `url`, `url_file` and `url_credential`, of which one must be set.
    func url(_ reader: inout TableReader, allowsPlainHTTP: Bool) -> SecretSource? {
        let url = secretSource("url", &reader)
        if url == nil, !["url", "url_file", "url_credential"].contains(where: { reader.has($0) }),
            let place = reader.table?.place
        {
            report.missing(
                place,
                "\(reader.path) has no url; set one of url, url_file and url_credential"
            )
        }
        if case .inline(let url)? = url, let place = reader.place(of: "url") {
            do {
                _ = try WebhookTarget(url: url, allowsPlainHTTP: allowsPlainHTTP)
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
            guard case .leaf(.string(let value), _) = entry.value else {
                report.error(
                    entry.keyPlace,
                    "\(name) must be a string without control characters"
                )
                continue
            }
            if headers.contains(where: { $0.name.lowercased() == entry.key.lowercased() }) {
                report.error(entry.keyPlace, "\(name) is set twice, in other letters")
            }
            do {
                try WebhookTarget.check((name: entry.key, value: value))
                headers.append(HeaderField(name: entry.key, value: value))
            } catch {
                report.error(entry.keyPlace, "\(reader.path): \(error)")
            }
        }
        return headers
    }

    /// One of `NAME`, `NAME_file` and `NAME_credential`.
    ///
    /// A value that stands in the file itself is only taken where no one else can read the file.
    func secretSource(
        _ name: String,
        inlineAllowed: Bool = true,
        _ reader: inout TableReader
    ) -> SecretSource? {
        // None of them is ever shown: people put the secret itself where its file should be.
        let file = reader.parsed(
            "\(name)_file",
            allowed: "an absolute path",
            isSecret: true,
            absolutePath
        )
        let credential = reader.parsed(
            "\(name)_credential",
            allowed: "the name of a credential in $CREDENTIALS_DIRECTORY",
            isSecret: true
        ) { text in
            !text.isEmpty && text.utf8.count <= 255 && !text.contains("/")
                && !text.hasPrefix(".") && text == text.escapedForTerminal ? text : nil
        }
        let inline = inlineAllowed ? inlineSecret(name, &reader) : nil
        if !inlineAllowed {
            reader.refuse(
                name,
                "\(reader.name(of: name)) may not stand in the file itself; "
                    + "set \(name)_file or \(name)_credential"
            )
        }
        let places = [file?.place, credential?.place, inline?.place].compactMap { $0 }
            .sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        if places.count > 1 {
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
        if !report.privateFiles.contains(Int(inline.place.file)) {
            let path = SecretFile.quoted(report.files[Int(inline.place.file)])
            let message =
                "\(reader.name(of: name)) is a secret in a file that others can read; run: "
                + "chmod 0600 \(path), or use \(name)_file"
            // Of a URL no one can tell whether there is a secret in it; of a token's secret one can.
            if name == "url" {
                report.warning(inline.place, message)
            } else {
                report.error(inline.place, message)
            }
        }
        return inline
    }
}
