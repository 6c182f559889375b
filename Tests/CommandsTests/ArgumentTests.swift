import Store
import Testing

@testable import Commands

private func parsed(_ words: String...) throws -> (name: String, arguments: Arguments) {
    guard case .command(let command, let arguments) = try ArgumentParser.parse(words) else {
        Issue.record("\(words) is no command")
        return ("", Arguments())
    }
    return (command.name, arguments)
}

@Test func `nothing at all means run, and so do options alone`() throws {
    #expect(try parsed().name == "run")
    let (name, arguments) = try parsed("--config", "/etc/x.toml")
    #expect(name == "run")
    #expect(arguments["config"] == "/etc/x.toml")
}

@Test(arguments: [["status", "--owner", "a b"], ["status", "--owner=a b"]])
func `a value follows its option, or an equals sign`(words: [String]) throws {
    guard case .command(_, let arguments) = try ArgumentParser.parse(words) else {
        Issue.record("no command")
        return
    }
    #expect(arguments["owner"] == "a b")
}

@Test func `options and ids may come in any order, and an id named twice counts once`() throws {
    let (_, arguments) = try parsed("status", "b", "--json", "a", "b", "--within=90d")
    #expect(arguments.operands == ["b", "a"])
    #expect(arguments.has("json"))
    #expect(arguments["within"] == "90d")
}

@Test func `a value may hold an equals sign, or dashes behind one`() throws {
    #expect(try parsed("status", "--owner=a=b").arguments["owner"] == "a=b")
    #expect(try parsed("status", "--owner=--x").arguments["owner"] == "--x")
    #expect(try parsed("status", "--owner", "-x").arguments["owner"] == "-x")
}

@Test func `two dashes end the options`() throws {
    let (_, arguments) = try parsed("status", "--", "--json", "--help", "a")
    #expect(arguments.operands == ["--json", "--help", "a"])
    #expect(!arguments.has("json"))
}

@Test func `help and version are found`() throws {
    guard case .version = try ArgumentParser.parse(["--version"]) else {
        Issue.record("no version")
        return
    }
    guard case .help(nil) = try ArgumentParser.parse(["--help"]) else {
        Issue.record("no help")
        return
    }
    guard case .help(nil) = try ArgumentParser.parse(["-h"]) else {
        Issue.record("-h is no help")
        return
    }
    for words in [
        ["poll", "-h"], ["poll", "--help"], ["poll", "--nonsense", "--help"],
        ["--help", "poll"],
    ] {
        guard case .help(let command?) = try ArgumentParser.parse(words) else {
            Issue.record("\(words) is no help")
            return
        }
        #expect(command.name == "poll")
    }
}

@Test func `help and version are commands`() async throws {
    #expect(try parsed("version").name == "version")
    #expect(await run("help").printed.output == run("--help").printed.output)
    #expect(await run("help", "poll").printed.output == run("poll", "--help").printed.output)
    #expect(await run("help", "version").printed.output.hasPrefix("Usage: tokenwatchd version"))
    #expect(await run("version").printed.output == run("--version").printed.output)
}

@Test(
    arguments: [
        (["stat"], "tokenwatchd: there is no command \"stat\"; did you mean status?", nil),
        (
            ["--json", "status"],
            "tokenwatchd: there is no option \"--json\"; options follow the command: "
                + "tokenwatchd status --json", nil
        ),
        (["statsu"], "tokenwatchd: there is no command \"statsu\"; did you mean status?", nil),
        (["help", "pol"], "tokenwatchd: there is no command \"pol\"; did you mean poll?", nil),
        (["can"], "tokenwatchd can: ID is missing", "can"),
        (["can", "deploy"], "tokenwatchd can: PERMISSION is missing", "can"),
        (["xyzzy"], "tokenwatchd: there is no command \"xyzzy\"", nil),
        ([""], "tokenwatchd: there is no command \"\"", nil),
        (["st\u{1b}[1m"], "tokenwatchd: there is no command \"st\\u{1b}[1m\"", nil),
        (
            ["status", "--withn", "3d"],
            "tokenwatchd status: there is no option \"--withn\"; did you mean --within?", "status"
        ),
        (["status", "--zzzzzz"], "tokenwatchd status: there is no option \"--zzzzzz\"", "status"),
        (["status", "-j"], "tokenwatchd status: there is no option \"-j\"", "status"),
        (["--cnfig=x"], "tokenwatchd: there is no option \"--cnfig\"; did you mean --config?", nil),
        (
            ["poll", "--config"],
            "tokenwatchd poll: --config needs a value: --config FILE", "poll"
        ),
        (
            ["poll", "--config", "--json"],
            "tokenwatchd poll: --config needs a value: --config FILE", "poll"
        ),
        (["poll", "--config="], "tokenwatchd poll: --config needs a value: --config FILE", "poll"),
        (["poll", "--json=yes"], "tokenwatchd poll: --json takes no value", "poll"),
        (["poll", "--json", "--json"], "tokenwatchd poll: --json is given twice", "poll"),
        (
            ["poll", "--config=a", "--config=b"], "tokenwatchd poll: --config is given twice",
            "poll"
        ),
        (["history"], "tokenwatchd history: ID is missing", "history"),
        (["history", "a", "b"], "tokenwatchd history: unexpected argument \"b\"", "history"),
        (["ack"], "tokenwatchd ack: ID is missing", "ack"),
        (
            ["ack", "a", "expiring", "b", "--reason", "x"],
            "tokenwatchd ack: unexpected argument \"b\"", "ack"
        ),
        (["ack", "deploy"], "tokenwatchd ack: --reason is missing: --reason REASON", "ack"),
        (
            ["unack", "deploy", "expirng"],
            "tokenwatchd unack: there is no condition \"expirng\"; did you mean expiring?", "unack"
        ),
        (["reload", "now"], "tokenwatchd reload: unexpected argument \"now\"", "reload"),
        (["providers", "a", "b"], "tokenwatchd providers: unexpected argument \"b\"", "providers"),
        (
            ["status", "--within", "soon"],
            "tokenwatchd status: --within is \"soon\"; it must be a duration such as 90d, 2w or 12h",
            "status"
        ),
        (
            ["events", "--since", "then"],
            "tokenwatchd events: --since is \"then\"; it must be a duration such as 7d, or an instant"
                + " such as 2026-11-21T08:00:00Z", "events"
        ),
        (
            ["providers", "vpsorg"],
            "tokenwatchd providers: there is no provider \"vpsorg\"; did you mean vps.org?",
            "providers"
        ),
    ] as [([String], String, String?)]
)
func `a wrong command line is told in one line, with where to look, and exits with 64`(
    words: [String],
    line: String,
    command: String?
) async {
    let printed = Printed()
    let session = Session(
        console: printed.console(),
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { _, _ in 0 }
    )
    let status = await Program.run(words, session)
    #expect(status == 64)
    #expect(printed.output.isEmpty)
    let place = ["tokenwatchd", command].compactMap(\.self).joined(separator: " ")
    #expect(printed.errorLines == [line, "see \(place) --help"])
}

@Test func `every command is named once, and tells its exit statuses`() {
    #expect(Set(Command.all.map(\.name)).count == Command.all.count)
    for command in Command.all {
        #expect(!command.exitStatuses.isEmpty, "\(command.name)")
        #expect(Set(command.options.map(\.name)).count == command.options.count)
    }
}

@Test func `help fits 80 columns and names every command and option`() {
    #expect(HelpText.program().allSatisfy { DisplayWidth.of($0) <= 80 })
    for command in Command.all {
        #expect(HelpText.program().contains { $0.hasPrefix("  \(command.name)") })
        let lines = HelpText.command(command)
        #expect(lines.allSatisfy { DisplayWidth.of($0) <= 80 }, "\(command.name)")
        for option in command.options {
            #expect(lines.contains { $0.hasPrefix("  \(option.spelling) ") })
        }
    }
}

@Test func `the version is printed`() async {
    let (status, printed) = await run("--version")
    #expect(status == 0)
    #expect(printed.output == "tokenwatchd 0.1.0\n")
}

@Test func `run gives the daemon its configuration and returns its status`() async {
    let (status, _) = await run("run", "--config", "/x.toml") { $0 == "/x.toml" ? 78 : 1 }
    #expect(status == 78)
    let (plain, _) = await run() { $0 == nil ? 0 : 1 }
    #expect(plain == 0)
}

@Test func `an argument that may be a secret is never shown`() throws {
    let secret = "ghp_S3cret"
    let lines: [[String]] = [
        ["add", "t1", secret, "--provider", "github"], ["rotate", "t1", secret],
        ["add-channel", "team", "https://hooks.example/\(secret)"], ["add", "t1", "-\(secret)"],
        ["add", "t1", "--secret", secret], ["add", "t1", "--token=\(secret)"],
        ["rotate", "t1", "--\(secret)"],
    ]
    for words in lines {
        do {
            _ = try ArgumentParser.parse(words)
            Issue.record("\(words) is accepted")
        } catch {
            #expect(!error.message.contains("S3cret"), "\(error.message)")
            #expect(error.message.contains("type the secret at the prompt"), "\(error.message)")
            #expect(!error.message.contains("--socket"), "\(error.message)")
        }
    }
}
