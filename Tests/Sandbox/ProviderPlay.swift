package import Alerting
import Formats
import Monitor

/// A provider's part: the request that it documents, and the answers that it documents to it.
///
/// A play is a file, `Tests/Fixtures/providers/NAME/play.toml`; `docs/providers.md` says how one is
/// written. `tokenwatch-sandbox --plays FOLDER` gives each answer under a base URL of its own.
package struct ProviderPlay: Sendable {
    /// One answer, and how it is to be understood.
    package struct Answer: Sendable {
        package let name: String
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: String
        /// For a JWT: its payload, instead of an answer.
        package let claims: String?
        /// The page after this one, of a list.
        package let next: NextPage?
        package let judged: Judgement
    }

    /// The second and last page of a list.
    package struct NextPage: Sendable {
        /// With its query.
        package let path: String
        package let body: String
    }

    /// The request for an access token, and its answer.
    package struct Login: Sendable {
        package let path: String
        package let body: String
        package let answer: String
    }

    /// The expected reading of an answer; nil is "not reported".
    package struct Judgement: Sendable {
        /// A word of `Outcome`.
        package var outcome: Outcome
        /// What the reason has in it, unless all is well.
        package var says: String?
        package var name: String?
        package var account: String?
        package var accountName: String?
        package var company: String?
        package var permissions: [String]?
        /// `never`, or a time.
        package var expires: String?
        package var lastUsed: String?
        package var created: String?
        package var saysExpired = false
        /// What the rows of a list say, by their ids; nil of an answer about one token.
        package var rows: [(id: String, judged: Judgement)]?
    }

    /// The provider's name in the configuration.
    package let provider: String
    package let secret: String
    package let method: String
    /// With its query; `/` where nothing is added to the base URL.
    package let path: String
    package let headers: [(name: String, value: String)]
    package let body: String
    /// Further keys of the token in a configuration.
    package let settings: [(name: String, value: String)]
    package let answers: [Answer]
    /// Nil where the secret goes with the request.
    package let login: Login?

    package func answer(_ name: String) -> Answer? { answers.first { $0.name == name } }

    /// What a client authenticates with: the secret, or the JWT.
    package func token(of answer: Answer, at now: Instant) -> String {
        guard let claims = answer.claims else { return secret }
        let parts = [#"{"alg":"none"}"#, filled(claims, at: now)].map { part in
            Base64.encode(Array(part.utf8)).replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        return parts.joined(separator: ".") + ".c2ln"
    }

    /// A text of the play with its places filled.
    package func filled(_ text: String, at now: Instant) -> String {
        PlayText.filled(text, secret: secret, at: now)
    }
}

extension ProviderPlay {
    /// Reads a play.
    ///
    /// - Parameters:
    ///   - text: TOML.
    ///   - file: its name, for messages.
    ///   - provider: whose it is.
    /// - Throws: everything that is wrong with it.
    package init(
        parsing text: some Collection<UInt8>,
        file: String,
        provider: String
    ) throws(ScenarioErrors) {
        let document = TOML.parse(Array(text))
        let report = ScenarioReport(file: file)
        for error in document.errors { report.error("\(error.position)", error.message) }
        try report.finish()
        var fields = FieldReader(ScenarioNode(document.root), path: "", report: report)
        self.provider = provider
        secret = fields.string("secret") ?? "secret-of-\(provider)"
        method = fields.string("method") ?? "GET"
        path = fields.string("path") ?? "/"
        headers = fields.texts("headers")
        body = fields.string("body") ?? ""
        settings = fields.texts("settings")
        login = fields.node("login").map { node in
            var reader = FieldReader(node, path: "login", report: report)
            let login = Login(
                path: reader.string("path") ?? "/",
                body: reader.string("body") ?? "",
                answer: reader.string("answer") ?? "{}"
            )
            reader.finish()
            return login
        }
        answers = fields.named("answers").map { Self.answer($0, report) }
        fields.finish()
        try report.finish()
    }

    private static func answer(_ entry: ScenarioEntry, _ report: ScenarioReport) -> Answer {
        var fields = FieldReader(entry.node, path: "answers.\(entry.key)", report: report)
        let status = fields.integer("status", in: 200...599) ?? 200
        let headers = fields.texts("headers")
        let body = fields.string("body") ?? ""
        let claims = fields.string("claims")
        var judged = Judgement(outcome: .ok)
        if let node = fields.node("judged") {
            judged = judgement(node, path: "answers.\(entry.key).judged", report)
        }
        var next: NextPage?
        if let node = fields.node("next") {
            var reader = FieldReader(node, path: "answers.\(entry.key).next", report: report)
            next = NextPage(
                path: reader.string("path") ?? "/",
                body: reader.string("body") ?? ""
            )
            reader.finish()
        }
        fields.finish()
        return Answer(
            name: entry.key,
            status: status,
            headers: headers,
            body: body,
            claims: claims,
            next: next,
            judged: judged
        )
    }

    private static func judgement(
        _ node: ScenarioNode,
        path: String,
        _ report: ScenarioReport
    ) -> Judgement {
        var reader = FieldReader(node, path: path, report: report)
        var judged = Judgement(outcome: reader.word("outcome", as: Outcome.self) ?? .ok)
        judged.says = reader.string("says")
        judged.name = reader.string("name")
        judged.account = reader.string("account")
        judged.accountName = reader.string("account_name")
        judged.company = reader.string("company")
        judged.permissions = reader.strings("permissions")
        judged.expires = reader.string("expires")
        judged.lastUsed = reader.string("last_used")
        judged.created = reader.string("created")
        judged.saysExpired = reader.boolean("says_expired") ?? false
        if reader.node("rows") != nil {
            judged.rows = reader.named("rows").map { row in
                (row.key, judgement(row.node, path: "\(path).rows.\(row.key)", report))
            }
        }
        reader.finish()
        return judged
    }
}

extension FieldReader {
    /// A table of texts, in its order.
    fileprivate mutating func texts(_ key: String) -> [(name: String, value: String)] {
        named(key).compactMap { entry in
            if case .string(let text) = entry.node.value { return (entry.key, text) }
            report.error(entry.node.place, "\(name(of: key)).\(entry.key) must be a string")
            return nil
        }
    }
}
