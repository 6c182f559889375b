import Commands
import Foundation
import Monitor
import Testing

/// Help, version and usage errors of the built binary.
struct DaemonUsageTests {
    private func run(_ words: String...) async throws -> RunningProgram.Outcome {
        try await Programs.run(Programs.built("tokenwatchd"), words)
    }

    @Test func `the version and the help end with 0, and every command has its own`() async throws {
        let version = try await run("--version")
        #expect(version.status == 0)
        #expect(version.output == "tokenwatchd \(Version.number)")
        let help = try await run("--help")
        #expect(help.status == 0)
        for command in Command.all {
            #expect(help.output.contains("\n  \(command.name) "), "\(command.name)")
            let own = try await run(command.name, "--help")
            #expect(own.status == 0, "\(command.name)")
            for option in command.options {
                #expect(own.output.contains("--\(option.name)"), "\(command.name)")
            }
            for line in own.output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        }
    }

    @Test(
        arguments: [
            ["nothing"], ["status", "--nothing"], ["history"], ["history", "a", "b"], ["explain"],
            ["ack", "a"], ["simulate", "--days", "x"], ["events", "--since", "x"],
            ["status", "--within", "x"], ["status", "--at"], ["providers", "a", "b"],
        ]
    )
    func `bad usage ends with 64 and says where to look`(words: [String]) async throws {
        let outcome = try await Programs.run(Programs.built("tokenwatchd"), words)
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains("--help"), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func `the providers are listed, and one is a profile to copy`() async throws {
        let all = try await run("providers")
        #expect(all.status == 0)
        #expect(all.output.contains("vps.org") && all.output.contains("github"))
        let one = try await run("providers", "vps.org")
        #expect(one.status == 0)
        #expect(one.output.contains("[providers."), "\(one.output)")
        #expect(try await run("providers", "nobody").status == 64)
    }
}
