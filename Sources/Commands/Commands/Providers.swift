import Alerting
import Formats
import Monitor

extension Command {
    static let providers = Command(
        "providers",
        "list the built-in providers; print one as TOML",
        operands: [.optional("PROVIDER")],
        options: [.json],
        notes: [
            "You can copy a profile into the configuration as [providers.NAME], under another name, "
                + "and change it there."
        ],
        exitStatuses: [(ExitStatus.ok, "done"), (ExitStatus.usage, "unknown provider")]
    ) { arguments, session in
        let shown: [BuiltinProvider]
        if let name = arguments.operands.first {
            guard let provider = BuiltinProviders.named(name) else {
                throw UsageError(
                    "there is no provider \"\(name.escapedForTerminal)\""
                        + NearestName.hint(name, among: BuiltinProviders.names),
                    command: "providers"
                )
            }
            shown = [provider]
        } else {
            shown = BuiltinProviders.all
        }
        if arguments.has("json") {
            session.console.print(json: json(of: shown))
        } else if arguments.operands.isEmpty {
            session.console.print(ProviderLines.table(shown, width: session.console.width))
        } else {
            session.console.print(ProviderLines.toml(shown[0]))
        }
        return ExitStatus.ok
    }

    private static func json(of providers: [BuiltinProvider]) -> [UInt8] {
        JSONWriter.bytes { json in
            json.array { json in
                for provider in providers {
                    json.object { json in
                        json.field("name", provider.name)
                        json.field("docs", provider.profile.docs)
                        json.field("verified", provider.profile.verified)
                        json.field("cannot_see", provider.profile.cannotSee)
                        json.field("toml", provider.toml)
                    }
                }
            }
        }
    }
}

/// The lines about the built-in providers.
enum ProviderLines {
    static func table(_ providers: [BuiltinProvider], width: Int?) -> [String] {
        let profiles = providers.map(\.profile)
        let table = TextTable(
            [
                TextTable.Column("PROVIDER", .max, of: profiles) { .text($0.name) },
                TextTable.Column("WHERE", .max, drop: 1, of: profiles) { .text(place($0)) },
            ],
            width: width.map { $0 - leastReports - 2 }
        )
        let hint = "Hidden: where; widen the terminal or run `tokenwatchd providers PROVIDER`"
        return table.lines(
            wrapping: "REPORTS",
            profiles.map { reported($0).joined(separator: ", ") },
            width: width
        ) + (table.leftOut.isEmpty ? [] : [hint])
    }

    /// Returns a table to copy; its name is an example, because built-in ones cannot be redefined.
    static func toml(_ provider: BuiltinProvider) -> [String] {
        let lines = provider.toml.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let seen = provider.profile.cannotSee.flatMap { sentence in
            TextWrap.lines("- \(sentence)", width: 96).enumerated().map {
                ($0.offset == 0 ? "# " : "#   ") + $0.element
            }
        }
        return ["# [providers.\"\(provider.name)\"], built in. What it cannot report:"] + seen
            + ["[providers.example]"] + lines
    }

    /// The narrowest column of reported facts that is still readable.
    private static let leastReports = 24

    private static func reported(_ profile: Profile) -> [String] {
        let tells = profile.list?.tells ?? profile.tells
        let facts = [
            ("expiry", tells.expiry), ("permissions", tells.permissions),
            ("last use", tells.lastUsed), ("creation", tells.created), ("name", tells.name),
            ("account", tells.account),
        ].filter(\.1).map(\.0)
        let list = profile.list == nil ? [] : ["a list of tokens"]
        return (profile.url == nil ? [] : ["validity"]) + list + facts
    }

    private static func place(_ profile: Profile) -> String {
        if profile.url == nil { return "no request" }
        return profile.base.map { "\($0)" } ?? "base_url"
    }
}
