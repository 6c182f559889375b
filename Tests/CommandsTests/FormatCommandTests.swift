import Formats
import Monitor
import Testing

@testable import Commands

@Test func `formats lists what each format needs of a channel`() async throws {
    let (status, printed) = await run("formats")
    #expect(status == 0)
    let lines = printed.outputLines
    #expect(lines.count == KnownFormat.builtin.count + 1)
    let telegram = try #require(lines.first { $0.hasPrefix("telegram ") })
    #expect(telegram.contains("chat, bot_token_file"), "\(telegram)")
    let json = await run("formats", "--json").printed.output
    let all = try JSONValue(parsing: Array(json.utf8))
    let names = try #require(all.elements).compactMap { $0["name"]?.string }
    #expect(names == KnownFormat.builtin.map(\.name))
    #expect(all[1]?["url"]?["example"]?.string?.hasPrefix("https://hooks.slack.com/") == true)
}

@Test func `what formats prints is a format of one's own, that render shows alike`() async throws {
    for name in KnownFormat.builtin.filter({ $0.format != nil }).map(\.name) {
        let folder = try Folder()
        let toml = await run("formats", name).printed.output
        let file = try folder.write(toml, to: "tokenwatchd.toml")
        let (status, own) = await run("render", "example", "--config", file)
        #expect(status == 0, "\(own.errors)")
        #expect(own.output == (await run("render", name)).printed.output, "\(name)")
        #expect(own.output.contains("deploy"))
    }
}

@Test func `render masks every secret, and shows the phase it is asked for`() async throws {
    let telegram = await run("render", "telegram").printed.output
    #expect(telegram.hasPrefix("POST https://api.telegram.org/botSECRET/sendMessage\n"))
    #expect(telegram.contains(#""chat_id":"-1001234567890""#))
    let zulip = await run("render", "zulip").printed.output
    #expect(zulip.contains("\nauthorization: Basic SECRET\n"), "\(zulip)")
    let closed = await run("render", "opsgenie", "--resolved").printed.output
    #expect(closed.contains("/close?identifierType=alias\n"), "\(closed)")
    let json = await run("render", "ntfy", "--json").printed.output
    let preview = try JSONValue(parsing: Array(json.utf8))
    #expect(preview["method"]?.string == "POST")
    #expect(preview["body"]?.string?.hasPrefix("warning: deploy expires") == true)
}

@Test func `render takes an event from a file, and shows nothing that moves the cursor`()
    async throws
{
    let folder = try Folder()
    let event = await run("render", "json").printed.outputLines.last ?? ""
    let file = try folder.write(event.replacing("deploy expires", with: "x\\u001b[2J"), to: "event")
    let (status, printed) = await run("render", "ntfy", "--event", file)
    #expect(status == 0)
    #expect(printed.output.contains("x\\u{1b}[2J"), "\(printed.output)")
    #expect(!printed.output.contains("\u{1b}"))
    let (both, _) = await run(
        "render",
        "ntfy",
        "--event",
        try folder.write("[\(event),\n  \(event)]", to: "array")
    )
    #expect(both == 0, "as `events --json` prints them")
    let other = try folder.write("{}", to: "other")
    let (refused, said) = await run("render", "ntfy", "--event", other)
    #expect(refused == 3)
    #expect(said.errors.contains("is not an event as JSON"), "\(said.errors)")
}

@Test func `a format that there is not is named with the nearest`() async throws {
    for command in ["formats", "render"] {
        let (status, printed) = await run(command, "slak")
        #expect(status == 64)
        #expect(printed.errors.contains("did you mean slack?"), "\(printed.errors)")
    }
    let (status, _) = await run("render", "alertmanager")
    #expect(status == 3)
    let folder = try Folder()
    let broken = try folder.write("[formats.own]\nbody = \"{x}\"\n", to: "tokenwatchd.toml")
    let (wrong, printed) = await run("render", "slack", "--config", broken)
    #expect(wrong == 78)
    #expect(printed.errors.contains(":2:8: formats.own.body has the unknown placeholder {x}"))
}
