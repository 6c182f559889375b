import Alerting
import Foundation
import Testing

@testable import Commands

/// The manual page of the commands against their own tables.
struct CommandManualTests {
    private func manual() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        return try String(contentsOfFile: "\(root)docs/man/tokenwatchd.8", encoding: .utf8)
    }

    /// What stands between a heading and the next of its kind.
    private func section(_ heading: String, in manual: String) -> Substring? {
        guard let start = manual.firstRange(of: "\n\(heading)\n") else { return nil }
        let rest = manual[start.upperBound...]
        let end = rest.firstRange(of: /\n\.S[hs]\x20/)?.lowerBound ?? rest.endIndex
        return rest[..<end] + "\n"
    }

    @Test func `every command is in the manual, with each option and exit status it has`() throws {
        let manual = try manual()
        for command in Command.all {
            let text = try #require(section(".Ss \(command.name)", in: manual), "\(command.name)")
            for name in command.operands.map(\.name) {
                #expect(text.contains("Ar \(name)"), "\(command.name) \(name)")
            }
            for option in command.options {
                let value = option.placeholder.map { " Ar \($0)" } ?? ""
                #expect(
                    text.contains("\n.It Fl -\(option.name)\(value)\n"),
                    "\(command.name) --\(option.name)"
                )
            }
            for (status, _) in command.exitStatuses {
                #expect(text.contains("\n.It \(status)\n"), "\(command.name) exits \(status)")
            }
        }
    }

    @Test func `the manual has no command and no option that there is not`() throws {
        let manual = try manual()
        let commands = try #require(manual.firstRange(of: "\n.Sh COMMANDS\n")).upperBound
        let end = try #require(manual.firstRange(of: "\n.Sh CONDITIONS\n")).lowerBound
        for match in manual[commands..<end].matches(of: /\n\.Ss (\S+)\n/) {
            let name = String(match.1)
            let command = try #require(Command.all.first { $0.name == name }, "\(name)")
            let text = try #require(section(".Ss \(name)", in: manual))
            for option in text.matches(of: /\n\.It Fl -(\S+)/) {
                #expect(command.options.contains { $0.name == option.1 }, "\(name) \(option.1)")
            }
        }
    }

    @Test func `every condition and every change is in the manual`() throws {
        let manual = try manual()
        let conditions = try #require(section(".Sh CONDITIONS", in: manual))
        for condition in Condition.allCases {
            #expect(
                conditions.contains(try Regex("\n\\.It Cm (.* , )?\(condition.rawValue)( ,|\n)")),
                "\(condition)"
            )
        }
        let changes = try #require(section(".Sh CHANGES", in: manual))
        for change in Change.allCases {
            #expect(
                changes.contains(try Regex("\n\\.It Cm (.* , )?\(change.rawValue)( ,|\n)")),
                "\(change)"
            )
        }
    }
}
