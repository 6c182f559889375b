import Foundation
import Testing

@testable import Formats
@testable import Monitor

/// The JSON Schema, against the readers and the annotated configuration.
@Suite struct ConfigSchemaTests {
    private func schema() throws -> JSONValue { try JSONValue(parsing: ConfigurationSchema.json()) }

    /// The schema of a key, by its path; nil where there is none.
    private func node(_ path: some Sequence<String>, in schema: JSONValue) -> JSONValue? {
        var node = schema
        for name in path {
            // The keys of a channel's type are under a condition.
            let types = node["allOf"]?.elements?.compactMap { $0["then"] } ?? []
            let tables = types + [node] + (node["anyOf"]?.elements ?? [])
            let found = tables.lazy.compactMap { table in
                table["properties"]?[name]
                    ?? table["patternProperties"]?.members?.first?.value
            }.first
            guard let found else { return nil }
            node = found
        }
        return node
    }

    @Test func `every key that is read is in the schema, with what it may be`() throws {
        let schema = try schema()
        let report = Configuration.notedKeys()
        for key in Configuration.knownKeys() {
            let found = node(key.split(separator: ".").map(String.init), in: schema)
            #expect(found != nil, "\(key)")
            // Profiles and formats have their own readers.
            guard !key.hasPrefix("providers."), !key.hasPrefix("formats.") else { continue }
            if case .any? = report.kinds[key] { continue }
            let isTyped = found?["type"] != nil || found?["anyOf"] != nil
            #expect(isTyped, "\(key) has no type")
        }
    }

    @Test func `the schema has no key that is not read`() throws {
        let known = Set(Configuration.knownKeys())
        func walk(_ node: JSONValue, _ path: [String]) {
            for member in node["properties"]?.members ?? [] {
                let here = path + [member.key]
                let name = here.joined(separator: ".")
                #expect(
                    known.contains(name) || known.contains { $0.hasPrefix(name + ".") },
                    "\(name)"
                )
                walk(member.value, here)
            }
            for member in node["patternProperties"]?.members ?? [] {
                let name = ["NAME", "ID"].first { word in
                    known.contains { $0.hasPrefix((path + [word]).joined(separator: ".") + ".") }
                }
                walk(member.value, path + [name ?? "NAME"])
            }
            for table in node["anyOf"]?.elements ?? [] { walk(table, path) }
        }
        walk(try schema(), [])
    }

    @Test func `a key has the type, range and words that its reader asks for`() throws {
        let schema = try schema()
        let concurrency = node(["polling", "concurrency"], in: schema)
        #expect(concurrency?["type"]?.string == "integer")
        #expect(concurrency?["minimum"]?.integer == 1)
        #expect(node(["polling", "interval"], in: schema)?["pattern"] != nil)
        let levels = node(["daemon", "log_level"], in: schema)?["enum"]?.elements?.map(\.string)
        #expect(levels?.contains("info") == true)
        #expect(node(["daemon", "nothing"], in: schema) == nil)
        #expect(schema["additionalProperties"]?.bool == false)
        let types = node(["channels", "ops", "type"], in: schema)?["enum"]?.elements?.map(\.string)
        #expect(types?.contains("stderr") == true)
    }

    /// The keys of a token or channel whose profile or format is built in.
    private func names(of table: String) throws -> [String] {
        let node = node([table, "x"], in: try schema())
        return node?["then"]?["propertyNames"]?["enum"]?.elements?.compactMap(\.string) ?? []
    }

    @Test func `only a profile or format of one's own allows further keys`() throws {
        let schema = try schema()
        let tokens = try names(of: "tokens")
        #expect(tokens.contains("secret_file"))
        #expect(tokens.contains("api_key_file"), "the second secret of a built-in profile")
        #expect(!tokens.contains("secret_fil"))
        #expect(try names(of: "inventories").contains("report_new"))
        let token = node(["tokens", "x"], in: schema)
        let profiles = token?["if"]?["properties"]?["provider"]?["enum"]?.elements ?? []
        #expect(profiles.contains { $0.string == "github" })
        #expect(try names(of: "channels").contains("headers"))
        for table in ["providers", "formats"] {
            #expect(node([table, "x"], in: schema)?["additionalProperties"]?.bool == false)
        }
    }

    /// What a type requires of its channels.
    private func channel(_ type: String) throws -> JSONValue? {
        node(["channels", "x"], in: try schema())?["allOf"]?.elements?
            .first { $0["if"]?["properties"]?["type"]?["const"]?.string == type }?["then"]
    }

    @Test func `a channel has the keys of its type`() throws {
        let mail = try channel("mail")
        #expect(mail?["properties"]?["to"]?["type"]?.string == "array")
        let keys = mail?["propertyNames"]?["enum"]?.elements?.compactMap(\.string) ?? []
        #expect(keys.contains("to") && keys.contains("quiet") && !keys.contains("url"))
        // A format of the operator's own may have a parameter of that name.
        let all = node(["channels", "x"], in: try schema())
        #expect(all?["properties"]?["to"]?["type"] == nil)
        #expect(try channel("webhook")?["properties"]?["to"] == nil)
        #expect(try channel("webhook")?["propertyNames"] == nil)
        let facilities = try channel("syslog")?["properties"]?["facility"]?["enum"]?.elements
        #expect(facilities?.contains { $0.string == "local0" } == true)
    }

    @Test(arguments: [
        (
            ["policy", "warn_before"], ["30d", "1d12h", "25%", "0.1%"], ["30", "30 days", "", "x%"]
        ),
        (["polling", "interval"], ["1h"], ["", "60", "5min"]),
        (["policy", "remind", "critical"], ["never", "7d"], ["weekly", "7"]),
        (["channels", "x", "quiet"], ["22:00-07:00", "20:00-24:00"], ["22-7", "10pm-7am"]),
        (["channels", "x", "quiet_days"], ["mon"], ["monday", ""]),
        (["daemon", "socket_mode"], ["0660", "777"], ["0999", "rw", "1000"]),
        (["daemon", "listen"], ["127.0.0.1:9873", "[::1]:80"], ["9873", "localhost:80"]),
        (["tokens", "x", "secret_file"], ["/x"], ["~/x", "x"]),
        (["tokens", "x", "renew_url"], ["https://x"], ["x.example", "https://"]),
    ])
    func `a value has the pattern that its reader accepts`(
        path: [String],
        good: [String],
        bad: [String]
    ) throws {
        let node = node(path, in: try schema())
        let text = node?["items"] ?? node
        let pattern = try Regex(try #require(text?["pattern"]?.string))
        let shortest = Int(text?["minLength"]?.integer ?? 0)
        func fits(_ value: String) -> Bool {
            value.count >= shortest && value.firstMatch(of: pattern) != nil
        }
        for value in good { #expect(fits(value), "\(value)") }
        for value in bad { #expect(!fits(value), "\(value)") }
    }

    @Test func `names of one's own are allowed, and those built in are offered`() throws {
        let schema = try schema()
        for (path, name) in [
            (["tokens", "x", "provider"], "github"), (["channels", "x", "format"], "slack"),
        ] {
            let choices = node(path, in: schema)?["anyOf"]?.elements ?? []
            #expect(choices.first?["enum"]?.elements?.contains { $0.string == name } == true)
            let pattern = try Regex(try #require(choices.last?["pattern"]?.string))
            #expect(
                "mine-2".firstMatch(of: pattern) != nil && "Slack".firstMatch(of: pattern) == nil
            )
        }
        let channels = node(["policy", "channels"], in: schema)?["description"]?.string
        #expect(channels == "an array of channels")
        #expect(node(["tokens", "x", "expires"], in: schema)?["description"] != nil)
    }

    @Test func `the annotated configuration follows the schema`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        let text = try String(contentsOfFile: "\(root)config/tokenwatchd.toml", encoding: .utf8)
        let schema = try schema()
        func walk(_ table: TOMLTable, _ path: [String]) {
            for entry in table.entries {
                let here = path + [entry.key]
                #expect(node(here, in: schema) != nil, "\(here.joined(separator: "."))")
                if case .table(let inner) = entry.node.value, entry.key != "headers" {
                    walk(inner, here)
                }
            }
        }
        walk(TOML.parse(Array(text.utf8)).root, [])
    }
}
