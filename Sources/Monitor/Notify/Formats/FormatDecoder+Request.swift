import Alerting
import Formats

// The decoding of a format's request.
extension FormatDecoder {
    /// Reads the request of a table; `base` has the defaults.
    func request(_ reader: inout TableReader, over base: FormatRequest) -> FormatRequest {
        var request = base
        let method = reader.parsed("method", allowed: "\"POST\" or \"PUT\"") {
            ["POST", "PUT"].contains($0) ? $0 : nil
        }
        request.method = method?.value ?? base.method
        if let path = template("path", allowed: "a path such as \"/send/{id}\"", &reader) {
            request.path = path.value
            let isPath =
                path.value.description.isEmpty || path.value.description.hasPrefix("/")
                || path.value.description.hasPrefix("?")
            let isClean = path.value.literals.allSatisfy { $0.utf8.allSatisfy(\.mayStandInURL) }
            if !isPath || !isClean {
                report.error(
                    path.place,
                    "\(reader.name(of: "path")) must begin with '/' and have only characters that a"
                        + " URL can have; write others as %XX"
                )
            }
        }
        if let headers = headers(&reader) { request.headers = headers }
        if let basic = template("basic_auth", allowed: "\"{user}:{password}\"", &reader) {
            request.basicAuth = basic.value
        }
        if let body = body(&reader) { request.body = body }
        return request
    }

    /// Reads the requests of single phases; false means no request.
    func phases(
        _ reader: inout TableReader,
        over base: FormatRequest
    ) -> [Event.Phase: FormatRequest?] {
        var phases: [Event.Phase: FormatRequest?] = [:]
        for phase in Event.Phase.allCases where phase != .acknowledged && phase != .unacknowledged {
            guard let entry = reader.any(phase.rawValue) else { continue }
            switch entry.value {
            case .leaf(.boolean(false), _):
                phases[phase] = .some(nil)
            case .table(let table):
                let path = reader.name(of: phase.rawValue)
                var inner = TableReader(table, path: path, report: report)
                phases[phase] = request(&inner, over: base)
                inner.finish()
            default:
                reader.wrong(
                    phase.rawValue,
                    entry,
                    allowed: "false for no request, or a table of the keys that differ"
                )
            }
        }
        return phases
    }

    private func headers(_ reader: inout TableReader) -> [FormatRequest.Field]? {
        guard let table = reader.table("headers") else { return nil }
        let fields = fields(table, path: reader.name(of: "headers"))
        for (field, entry) in zip(fields, table.entries) {
            do {
                try WebhookTarget.check((name: field.name, value: field.value.description))
            } catch {
                report.error(entry.keyPlace, "\(reader.path): \(error)")
            }
        }
        return fields
    }

    private func fields(_ table: ConfigurationTable, path: String) -> [FormatRequest.Field] {
        table.entries.map { entry in
            let name = "\(path).\(TOMLValue.shortened(entry.key))"
            guard case .leaf(.string(let text), let place) = entry.value else {
                report.error(entry.keyPlace, "\(name) must be a string")
                return FormatRequest.Field(name: entry.key, value: Template(""))
            }
            check(Template(text), name, place)
            return FormatRequest.Field(name: entry.key, value: Template(text))
        }
    }

    /// Whether the value of a place may contain quotes and line breaks.
    private func isText(_ name: String) -> Bool {
        MessagePlace(rawValue: name).map {
            $0.isText || [.plainTitle, .plainFacts, .plainText].contains($0)
        } ?? false
    }

    /// Reads `json`, `form` or `body`; nil if none is set.
    private func body(_ reader: inout TableReader) -> FormatRequest.Body? {
        let json = reader.table("json")
        let form = reader.table("form")
        let text = template("body", allowed: "a text", &reader)
        let type = reader.parsed("content_type", allowed: "a media type such as \"text/plain\"") {
            $0.contains("/") && $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? $0 : nil
        }
        let keys = [("json", json != nil), ("form", form != nil), ("body", text != nil)]
            .filter(\.1).map(\.0)
        if keys.count > 1, let place = reader.place(of: keys[1]) {
            report.error(
                place,
                "\(reader.path) has both \(keys[0]) and \(keys[1]); a request has one body"
            )
        }
        if text == nil, let type {
            report.error(
                type.place,
                "\(reader.name(of: "content_type")) has no effect without body; remove it"
            )
        }
        if let text, let type, type.value.lowercased().contains("json"),
            text.value.pieces.count > 1, text.value.variables.contains(where: isText)
        {
            report.error(
                text.place,
                "\(reader.name(of: "body")) is JSON by its content_type, and text in it would break it:"
                    + " write json = { … } instead of body"
            )
        }
        if let json { return .json(self.json(json, path: reader.name(of: "json"))) }
        if let form { return .form(fields(form, path: reader.name(of: "form"))) }
        return text.map {
            .text($0.value, contentType: type?.value ?? "text/plain; charset=utf-8")
        }
    }

    private func json(_ table: ConfigurationTable, path: String) -> JSONTemplate {
        .object(
            table.entries.map { entry in
                let name = "\(path).\(TOMLValue.shortened(entry.key))"
                let value =
                    switch entry.value {
                    case .table(let table): json(table, path: name)
                    case .leaf(let value, let place): json(value, place, path: name)
                    }
                return JSONTemplate.Member(key: entry.key, value: value)
            }
        )
    }

    private func json(_ value: TOMLValue, _ place: FilePlace, path: String) -> JSONTemplate {
        switch value {
        case .string(let text):
            check(Template(text), path, place)
            return .string(Template(text))
        case .integer(let number): return .literal(.integer(number))
        case .float(let number) where number.isFinite: return .literal(.number(number))
        case .boolean(let flag): return .literal(.bool(flag))
        case .array(let nodes):
            return .array(
                nodes.enumerated().map { index, node in
                    json(node.value, self.place(node, in: place), path: "\(path)[\(index)]")
                }
            )
        case .table(let table):
            return .object(
                table.entries.map { entry in
                    let name = "\(path).\(TOMLValue.shortened(entry.key))"
                    let inner = self.place(entry.node, in: place)
                    return JSONTemplate.Member(
                        key: entry.key,
                        value: json(entry.node.value, inner, path: name)
                    )
                }
            )
        case .float, .offsetDateTime, .localDateTime, .localDate, .localTime:
            report.error(
                place,
                "\(path) is \(value.typeName), which JSON does not have; write it as a string"
            )
            return .literal(.null)
        }
    }

    func place(_ node: TOMLNode, in place: FilePlace) -> FilePlace {
        FilePlace(file: Int(place.file), node.position)
    }

    private func template(
        _ key: String,
        allowed: String,
        _ reader: inout TableReader
    ) -> Located<Template>? {
        guard let text = reader.string(key, allowed: allowed) else { return nil }
        check(Template(text.value), reader.name(of: key), text.place)
        return Located(value: Template(text.value), place: text.place)
    }

    /// Reports unknown and mistyped placeholders of a template.
    private func check(_ template: Template, _ path: String, _ place: FilePlace) {
        if let (text, name) = template.mistyped(among: places) {
            report.error(
                place,
                "\(path) has \"\(text)\", which would be sent literally; write {\(name)}"
            )
        }
        for name in template.variables where !places.contains(name) {
            let hint =
                NearestName.of(name, among: places).map { "did you mean {\($0)}?" }
                ?? "there are \(places.map { "{\($0)}" }.joined(separator: ", "))"
            report.error(place, "\(path) has the unknown placeholder {\(name)}; \(hint)")
        }
    }
}
