import Formats
import Monitor

/// A scenario: the tokens, and what happens when.
package struct Scenario: Sendable {
    /// What a step changes.
    package enum Change: Sendable {
        case token(String, TokenEdit)
        case api(APIEdit)
        case list(String, ListEdit)
    }

    /// Something that happens once.
    package struct Step: Sendable {
        /// Sandbox time since the start; zero is how things are to begin with.
        package var after: Duration
        package var change: Change

        package init(after: Duration = .zero, _ change: Change) {
            self.after = after
            self.change = change
        }
    }

    package var steps: [Step] = []
    package var generated: GeneratedTokens?
    /// The faults that webhook receivers begin with, by their names.
    package var hooks: [String: Fault] = [:]

    package init() {}

    /// Reads a scenario file.
    ///
    /// - Parameters:
    ///   - text: TOML; `config/sandbox-scenario.toml` explains every key.
    ///   - file: its name, for messages.
    /// - Throws: `ScenarioErrors`, all at once.
    package init(
        parsing text: some Collection<UInt8>,
        file: String
    ) throws(ScenarioErrors) {
        let document = TOML.parse(Array(text))
        let report = ScenarioReport(file: file)
        for error in document.errors { report.error("\(error.position)", error.message) }
        try report.finish()
        self = ScenarioDecoder(report: report).scenario(ScenarioNode(document.root))
        try report.finish()
    }
}

/// A change of the whole API, by a step or a control request.
package struct APIEdit: Sendable {
    /// How long every answer is held back.
    package var latency: Duration?
    /// Hits every request before its token is evaluated; `.some(nil)` ends it.
    package var fault: Fault??

    package init() {}

    static func read(from fields: inout FieldReader) -> APIEdit {
        var edit = APIEdit()
        edit.latency = Fault.latency(of: &fields)
        edit.fault = Fault.read("fault", of: &fields)
        return edit
    }
}

/// Reads the tables of a scenario file.
struct ScenarioDecoder {
    let report: ScenarioReport
    private static let maximumHooks = 64

    func scenario(_ root: ScenarioNode) -> Scenario {
        var scenario = Scenario()
        var fields = FieldReader(root, path: "", report: report)
        if let node = fields.node("api") { readAPI(node, into: &scenario) }
        var secrets: [String: String] = [:]
        for entry in fields.named("tokens") {
            readToken(entry, secrets: &secrets, into: &scenario)
        }
        for entry in fields.named("lists") { readList(entry, into: &scenario) }
        for entry in fields.named("hooks").prefix(Self.maximumHooks) {
            var hook = FieldReader(entry.node, path: "hooks.\(entry.key)", report: report)
            scenario.hooks[entry.key] = Fault.read(from: &hook)
            hook.finish()
        }
        fields.finish()
        return scenario
    }

    private func readAPI(_ node: ScenarioNode, into scenario: inout Scenario) {
        var fields = FieldReader(node, path: "api", report: report)
        scenario.steps.append(.init(.api(APIEdit.read(from: &fields))))
        if let node = fields.node("generated") { scenario.generated = generated(node) }
        for node in fields.tables("at") {
            var step = FieldReader(node, path: "api.at", report: report)
            let after = after(&step)
            scenario.steps.append(.init(after: after, .api(APIEdit.read(from: &step))))
            step.finish()
        }
        fields.finish()
    }

    private func readToken(
        _ entry: ScenarioEntry,
        secrets: inout [String: String],
        into scenario: inout Scenario
    ) {
        let path = "tokens.\(entry.key)"
        var fields = FieldReader(entry.node, path: path, report: report)
        let base = TokenEdit.read(from: &fields)
        claim(base.secret, for: entry, in: &secrets)
        if base.secret == nil, !fields.entries.contains(where: { $0.key == "secret" }) {
            report.error(entry.place, "\(path).secret is not set; a token needs one")
        }
        scenario.steps.append(.init(.token(entry.key, base)))
        for node in fields.tables("at") {
            var step = FieldReader(node, path: "\(path).at", report: report)
            let after = after(&step)
            let edit = TokenEdit.read(from: &step)
            claim(edit.secret, for: entry, in: &secrets)
            scenario.steps.append(.init(after: after, .token(entry.key, edit)))
            step.finish()
        }
        fields.finish()
    }

    private func readList(_ entry: ScenarioEntry, into scenario: inout Scenario) {
        let path = "lists.\(entry.key)"
        var fields = FieldReader(entry.node, path: path, report: report)
        let base = ListEdit.read(from: &fields)
        if base.secret == nil, !fields.entries.contains(where: { $0.key == "secret" }) {
            report.error(entry.place, "\(path).secret is not set; a list needs one")
        }
        scenario.steps.append(.init(.list(entry.key, base)))
        for node in fields.tables("at") {
            var step = FieldReader(node, path: "\(path).at", report: report)
            let after = after(&step)
            scenario.steps.append(
                .init(after: after, .list(entry.key, ListEdit.read(from: &step)))
            )
            step.finish()
        }
        fields.finish()
    }

    /// A secret is one token's, now and after every step.
    private func claim(
        _ secret: String?,
        for token: ScenarioEntry,
        in owners: inout [String: String]
    ) {
        guard let secret else { return }
        let owner = owners[secret, default: token.key]
        owners[secret] = owner
        guard owner != token.key else { return }
        report.error(
            token.place,
            "tokens.\(token.key).secret is the secret of tokens.\(owner) too"
        )
    }

    private func generated(_ node: ScenarioNode) -> GeneratedTokens? {
        var fields = FieldReader(node, path: "api.generated", report: report)
        let count = fields.integer("count", in: 0...GeneratedTokens.maximumCount)
        let prefix = fields.string("prefix") ?? "bench-"
        let secret = fields.string("secret") ?? "bench-secret-{n}"
        var edit = TokenEdit()
        edit.account = fields.string("account")
        edit.permissions = fields.strings("permissions")
        edit.created = fields.time("created")
        edit.expires = fields.time("expires")
        edit.lastUsed = fields.time("last_used")
        edit.stampsUse = fields.word("stamps_use", as: UseStamping.self)
        fields.finish()
        guard let count else {
            if !fields.entries.contains(where: { $0.key == "count" }) {
                report.error(node.place, "api.generated.count is not set; how many are there?")
            }
            return nil
        }
        let tokens = GeneratedTokens(count: count, prefix: prefix, secret: secret, edit: edit)
        if tokens == nil {
            report.error(node.place, "api.generated.secret must hold {n}, the token's number")
        }
        return tokens
    }

    private func after(_ fields: inout FieldReader) -> Duration {
        if let after = fields.duration("after") { return after }
        if !fields.entries.contains(where: { $0.key == "after" }) {
            report.error(
                fields.place,
                "\(fields.path).after is not set; it must be a duration such as \"20s\""
            )
        }
        return .zero
    }
}
