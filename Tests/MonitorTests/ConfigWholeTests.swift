import Alerting
import Foundation
import Testing

@testable import Formats
@testable import Monitor

@Suite struct ConfigWholeTests {
    /// The configuration that is installed.
    private func shipped() throws -> String {
        try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../config/tokenwatchd.toml"),
            encoding: .utf8
        )
    }

    /// The text with its commented-out settings, and no other comment, uncommented.
    private func uncommented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("#") && !$0.hasPrefix("# ") ? $0.dropFirst() : $0 }
            .joined(separator: "\n")
    }

    @Test func `the shipped configuration is valid, and warns that it has no token`() throws {
        let text = try shipped()
        let none = try configuration(text)
        #expect(none.tokens.isEmpty)
        #expect(
            none.warnings.map(\.message) == [
                "no tokens configured; add one: tokenwatchd add ID --provider NAME"
            ]
        )
        let start = try #require(text.range(of: "#[tokens.deploy]")).lowerBound
        let withToken = text[..<start] + uncommented(String(text[start...]))
        let example = try configuration(String(withToken))
        let tokens = example.tokens.map(\.settings)
        #expect(tokens.map(\.id.text) == ["deploy", "gitlab-platform"])
        #expect(example.inventories.map(\.keepExpired) == [Inventory.usualKeepExpired])
        #expect(tokens[0].owner == "platform team" && tokens[0].provider == "vps.org")
    }

    @Test func `what the shipped configuration calls a default is the default`() throws {
        let all = try configuration(uncommented(shipped()))
        let none = try configuration(someToken)
        #expect(all.daemon.stateDirectory == none.daemon.stateDirectory)
        #expect(all.daemon.socketPath == none.daemon.socketPath)
        #expect(all.daemon.socketMode == none.daemon.socketMode)
        #expect(all.daemon.logLevel == none.daemon.logLevel)
        var polling = all.polling
        polling.proxy = nil
        polling.caFile = nil
        polling.caFilePlace = nil
        #expect(polling == none.polling)
        #expect(all.historyKeep == none.historyKeep)
        #expect(all.channels[0].kind == none.channels[0].kind)
        #expect(all.channels[0].minimumSeverity == none.channels[0].minimumSeverity)
        #expect(all.channels[0].giveUpAfter == none.channels[0].giveUpAfter)
        let policy = all.tokens[0].settings.policy
        let usual = none.tokens[0].settings.policy
        #expect(policy.warnBefore == usual.warnBefore)
        #expect(policy.criticalBefore == usual.criticalBefore)
        #expect(policy.remindCritical == usual.remindCritical)
        #expect(
            policy.remindWarning == usual.remindWarning && policy.remindInfo == usual.remindInfo
        )
        #expect(policy.unreachableAfter == usual.unreachableAfter)
        #expect(policy.unreachableCriticalAfter == usual.unreachableCriticalAfter)
        #expect(policy.confirmAfter == usual.confirmAfter)
        #expect(policy.mustExpire == usual.mustExpire)
    }

    /// The section of a key; of tables with names, which share much, the whole text.
    private func part(of key: String, in text: String) -> Substring {
        if ["tokens.", "inventories.", "channels.", "formats."].contains(where: key.hasPrefix) {
            return text[...]
        }
        let section = "[\(key.prefix { $0 != "." })]"
        guard let start = text.firstRange(of: section)?.upperBound else { return "" }
        let rest = text[start...]
        return rest[..<(rest.firstRange(of: /\n#?\[/)?.lowerBound ?? rest.endIndex)]
    }

    @Test func `the shipped configuration names every key`() throws {
        let text = try shipped()
        for key in Configuration.knownKeys() where !key.hasPrefix("providers.") {
            let name = try #require(key.split(separator: ".").last)
            #expect(part(of: key, in: text).contains("\(name)"), "\(key)")
        }
    }

    @Test func `the known keys are those that a reader takes`() throws {
        let keys = Configuration.knownKeys()
        #expect(keys == keys.sorted() && Set(keys).count == keys.count)
        let sections = [
            "daemon", "polling", "policy", "history", "heartbeat", "tokens.ID", "channels.NAME",
        ]
        for section in sections {
            #expect(keys.contains { $0.hasPrefix("\(section).") })
        }
        // Set to a table, each key is wrong in some way but never unknown.
        for key in keys where !key.hasPrefix("providers.") {
            let types =
                key.hasPrefix("channels.NAME.")
                ? ["syslog", "journal", "webhook", "command", "mail"] : [""]
            let isTaken = try types.contains { type in
                var text = "\(key.replacing("NAME", with: "n").replacing("ID", with: "a")) = {}"
                if !type.isEmpty, !key.hasSuffix(".type") {
                    text += "\nchannels.n.type = \"\(type)\""
                }
                return try !configurationErrors(text).contains { $0.contains("no key") }
            }
            #expect(isTaken, "\(key)")
        }
    }

    @Test func `ten thousand tokens share what they have in common`() throws {
        let text = (0..<10_000).map { number in
            """
            [tokens.t\(number)]
            secret_file = "/etc/tokenwatchd/secrets/token-\(number)"
            require = ["servers:list"]

            """
        }.joined()
        let tokens = try configuration(text).tokens
        #expect(tokens.count == 10_000)
        #expect(Set(tokens.map { ObjectIdentifier($0.settings.policy) }).count == 1)
        #expect(Set(tokens.map { ObjectIdentifier($0.access) }).count == 1)
    }

    @Test func `nothing of the files' tables outlives the reading`() throws {
        let report = Report()
        report.files = ["f"]
        weak var tree: ConfigurationTable?
        let configuration: Configuration
        do {
            let root = ConfigurationTable(place: FilePlace(file: 0, .start))
            tree = root
            let document = TOML.parse(Array((someToken + "tokens.a.remind = {}").utf8))
            root.merge(document.root, file: 0, unread: [], report: report)
            let context = ConfigurationContext(environment: [:], hostname: "host")
            configuration = ConfigurationDecoder(report: report, context: context)
                .decode(root, providers: ProviderTables())
        }
        #expect(configuration.tokens.count == 1)
        #expect(tree == nil)
    }
}
