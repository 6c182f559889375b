import Alerting
import Formats

// The keys of the request.
extension ProfileDecoder {
    private static let reserved = ["base", "secret", ProfileLogin.place, "login_url"]

    /// Reads the names of places that a token fills.
    mutating func names(_ key: String, taken: [String]) -> [String] {
        guard let entry = entry(key), let items = elements(entry, of: "names") else {
            return []
        }
        return items.reduce(into: []) { names, item in
            let name = parsed(item, allowed: "a new name of a-z, 0-9 and '_'") { name in
                let isTaken = (Self.reserved + names + taken).contains(name)
                return Template.isName(name) && !isTaken ? name : nil
            }
            if let name { names.append(name) }
        }
    }

    mutating func decodeRequest(_ profile: inout Profile) {
        if let entry = entry("base"), let text = string(entry) {
            profile.base = base(text, entry)
        }
        if let entry = entry("url"), let text = string(entry) { url(text, entry, &profile) }
        if let entry = entry("method") {
            profile.method = choice(entry, of: ["GET", "POST"]) ?? "GET"
        }
        let granted = table["login"] == nil ? [] : [ProfileLogin.place]
        let places = ["secret"] + granted + profile.variables + profile.secrets
        profile.headers = headers(places)
        if let entry = entry("body"), let text = string(entry) {
            if profile.method != "POST" {
                report(entry, "is set, and method is GET; a body needs method = \"POST\"")
            }
            profile.body = Template(text)
            checkVariables(Template(text), known: places, entry)
        }
        if let entry = entry("basic"), let text = string(entry) {
            basic(text, places, entry, &profile)
        }
        checkUse(of: profile)
    }

    private mutating func base(_ text: String, _ entry: Entry) -> BaseURL? {
        do {
            return try BaseURL(text)
        } catch {
            report(entry, "is \(Self.shown(url: text)): \(error)")
            return nil
        }
    }

    /// Returns a URL without its possible secrets: a user's password, a query.
    private static func shown(url text: String) -> String {
        if text.contains("@") { return "a URL with a user in it" }
        return MatchValue.string(String(text.prefix { $0 != "?" })).json
    }

    private mutating func url(_ text: String, _ entry: Entry, _ profile: inout Profile) {
        var text = text
        if let scheme = text.firstRange(of: "://") {
            let rest = text[scheme.upperBound...]
            let end = rest.firstIndex { "/?#{".contains($0) } ?? rest.endIndex
            guard let base = base(String(text[..<end]), entry) else { return }
            if profile.base != nil {
                report(entry, "has its own host although base is set; begin it with {base}")
            }
            profile.base = base
            text = "{base}" + text[end...]
        }
        guard text.hasPrefix("{base}") else {
            return report(
                entry,
                "is \(Self.shown(url: text)); it must begin with {base} or https://"
            )
        }
        let template = Template(text)
        profile.url = template
        let path = text.dropFirst("{base}".count)
        if !path.isEmpty, !path.hasPrefix("/"), !path.hasPrefix("?") {
            report(entry, "must continue with '/' after {base}")
        }
        let secrets = ["secret", ProfileLogin.place] + profile.secrets
        for name in template.variables where secrets.contains(name) {
            report(
                entry,
                "must not have {\(name)}, because proxies log URLs; put it in headers or body"
            )
        }
        if template.pieces.dropFirst().contains(.variable("base")) {
            report(entry, "has {base} in the middle; it may only begin with {base}")
        }
        checkVariables(template, known: ["base"] + secrets + profile.variables, entry)
        // An '@' after a '/' or '?' does not belong to a user.
        let isClean = template.literals.allSatisfy { $0.utf8.allSatisfy(\.mayStandInURL) }
        if !isClean {
            report(entry, "has a character that a URL cannot have; write it as %XX")
        }
    }

    private mutating func headers(_ places: [String]) -> [Profile.Header] {
        guard let entry = entry("headers") else { return [] }
        let example = "{ Authorization = \"Bearer {secret}\" }"
        guard let table = table(entry, example) else { return [] }
        var headers: [Profile.Header] = []
        for item in table.entries {
            let value = Entry(item, path: "\(entry.path).\(item.key)")
            let lower = item.key.lowercased()
            // These headers frame the request; libcurl writes them.
            let isReserved = [
                "host", "content-length", "transfer-encoding", "connection", "upgrade", "te",
                "expect",
            ].contains(lower)
            if !Self.isHeaderName(item.key) || isReserved
                || headers.contains(where: { $0.name.lowercased() == lower })
            {
                let why =
                    isReserved
                    ? "is a header that may not be set"
                    : Self.isHeaderName(item.key) ? "is set twice" : "is not a header name"
                report(
                    item.keyPosition,
                    "\(entry.path): \(MatchValue.string(item.key).json) \(why)"
                )
            }
            guard let text = string(value) else { continue }
            if text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) {
                report(
                    value,
                    "has a control character or one beyond ASCII in it; a line break would"
                        + " begin another header"
                )
            }
            checkVariables(Template(text), known: places, value)
            headers.append(Profile.Header(name: item.key, value: Template(text)))
        }
        return headers
    }

    private mutating func basic(
        _ text: String,
        _ places: [String],
        _ entry: Entry,
        _ profile: inout Profile
    ) {
        if !text.contains(":") {
            report(entry, "must be \"USER:PASSWORD\", such as \"{user}:{secret}\" or \"{secret}:\"")
        }
        if profile.headers.contains(where: { $0.name.lowercased() == "authorization" }) {
            report(entry, "and headers.Authorization are both set; set one of them")
        }
        checkVariables(Template(text), known: places, entry)
        profile.basic = Template(text)
    }

    private mutating func checkVariables(_ template: Template, known: [String], _ entry: Entry) {
        if let (text, name) = template.mistyped(among: known) {
            report(entry, "has \"\(text)\", which would be sent literally; write {\(name)}")
        }
        for name in template.variables where !known.contains(name) {
            let hint =
                NearestName.of(name, among: known).map { "did you mean {\($0)}?" }
                ?? "known are \(known.map { "{\($0)}" }.joined(separator: ", ")); declare"
                + " others in variables"
            report(entry, "has the unknown variable {\(name)}; \(hint)")
        }
    }

    /// Checks that every variable is used, and that the secret is sent.
    private mutating func checkUse(of profile: Profile) {
        let login = profile.login?.profile.templates ?? []
        let used = Set((profile.templates + login).flatMap(\.variables) + rowVariables())
        for (key, names) in [("variables", profile.variables), ("secrets", profile.secrets)] {
            guard let entry = entry(key) else { continue }
            for name in names where !used.contains(name) {
                report(entry, "names \(name), which no template uses")
            }
        }
        if table["login"] != nil, !used.contains(ProfileLogin.place) {
            report(
                table.position,
                "\(path) has login, and {\(ProfileLogin.place)} in no header and not in its body"
            )
        }
        if profile.url != nil, !used.contains("secret"), table["login"] == nil {
            report(
                table.position,
                "\(path) has {secret} in no header and not in its body: the provider would not"
                    + " know which token to report on"
            )
        }
    }
}

extension Profile {
    /// Every template of the request.
    fileprivate var templates: [Template] {
        [url, body, basic].compactMap(\.self) + headers.map(\.value)
    }
}
