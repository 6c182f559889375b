import Alerting
import Foundation
import Glibc
import Testing

@testable import Formats
@testable import Monitor

@Suite struct ConfigFileTests {
    @Test func `a file that is not there is said once, with what would do`() throws {
        let expected =
            "tokenwatchd.toml: cannot be read by user \(geteuid()): No such file or directory; "
            + "create it, or name another with --config"
        #expect(try ConfigFolder().errors() == [expected])
    }

    @Test func `what is no file is refused`() throws {
        let folder = try ConfigFolder()
        try folder.write("tokenwatchd.toml/x", "")
        #expect(
            folder.errors() == [
                "tokenwatchd.toml: is a directory; name the file in it, such as "
                    + "tokenwatchd.toml/tokenwatchd.toml"
            ]
        )
        let other = try ConfigFolder()
        try #require(mkfifo("\(other.path)/tokenwatchd.toml", 0o600) == 0)
        #expect(other.errors() == ["tokenwatchd.toml: is not a regular file; name a TOML file"])
    }

    @Test(arguments: [0o600, 0o640, 0o644, 0o755, 0o620, 0o602, 0o666, 0o777])
    func `a file that others can write is refused with the command that mends it`(mode: Int) throws
    {
        let folder = try ConfigFolder()
        try folder.write("tokenwatchd.toml", someToken, mode: mode_t(mode))
        let octal = String(mode, radix: 8)
        let refusal =
            "tokenwatchd.toml: can be changed by others (mode 0\(octal)); run: "
            + "chmod go-w tokenwatchd.toml"
        #expect(folder.errors() == (mode & 0o022 == 0 ? [] : [refusal]))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `a file of another user is refused`() throws {
        let folder = try ConfigFolder(someToken)
        try #require(chown("\(folder.path)/tokenwatchd.toml", 4711, 4711) == 0)
        let refusal =
            "tokenwatchd.toml: is owned by user 4711; root or the daemon's user must own it; run: "
            + "chown root tokenwatchd.toml"
        #expect(folder.errors() == [refusal])
    }

    @Test func `a command that mends a file quotes its name`() throws {
        let folder = try ConfigFolder(someToken)
        try folder.write("conf.d/a b.toml", "", mode: 0o666)
        let errors = folder.errors()
        #expect(errors.count == 1)
        #expect(
            errors[0].hasSuffix(
                "run: chmod go-w '\(folder.path)/conf.d/a b.toml'".replacing(
                    folder.path + "/",
                    with: ""
                )
            )
        )
    }

    @Test func `a name with control characters does not reach the terminal`() throws {
        let folder = try ConfigFolder(someToken)
        try folder.write("conf.d/a\u{1b}.toml", "x\u{200e} = 1\n\"\\u001b\" = 2")
        let errors = folder.errors()
        #expect(!errors.isEmpty)
        #expect(!errors.joined().unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{200e}" })
    }

    @Test func `a file that is too large is refused before it is read`() throws {
        let folder = try ConfigFolder(someToken)
        let file = "\(folder.path)/tokenwatchd.toml"
        try #require(truncate(file, off_t(TOML.maximumBytes + 1)) == 0)
        #expect(
            folder.errors() == [
                "tokenwatchd.toml: is 16777217 bytes long; the limit is 16777216. "
                    + "Split it into files in conf.d"
            ]
        )
    }

    @Test func `the files of conf d are read in the order of their names after the main one`()
        throws
    {
        let folder = try ConfigFolder("polling.interval = \"2h\"")
        try folder.write("conf.d/20-b.toml", someToken)
        try folder.write(
            "conf.d/10-a.toml",
            "tokens.b.secret_file = \"/s\"\npolling.timeout = \"1s\""
        )
        try folder.write("conf.d/30.toml.disabled", "no TOML")
        try folder.write("conf.d/.hidden.toml", "no TOML")
        try folder.write("conf.d/README", "no TOML")
        let configuration = try folder.load()
        #expect(
            configuration.files.map(folder.shortened)
                == ["tokenwatchd.toml", "conf.d/10-a.toml", "conf.d/20-b.toml"]
        )
        #expect(configuration.tokens.map(\.settings.id.text) == ["a", "b"])
        #expect(configuration.polling.interval == .hours(2))
        #expect(configuration.polling.timeout == .seconds(1))
        #expect(configuration.tokens[1].secretPlace.file == 1)
    }

    @Test func `a key that is set twice is an error that names both places`() throws {
        let folder = try ConfigFolder(
            "[tokens.a]\nsecret_file = \"/s\"\n[polling]\ninterval = \"1h\""
        )
        try folder.write("conf.d/1.toml", "polling.interval = \"1h\"\n[tokens.a]\nowner = \"us\"")
        try folder.write(
            "conf.d/2.toml",
            "polling = 5\n[tokens.a]\nowner = \"me\"\n[providers.x]\nexpires = \"claim:/exp\""
        )
        try folder.write("conf.d/3.toml", "[providers.x]\nexpires = \"claim:/exp\"")
        #expect(
            folder.errors() == [
                "conf.d/1.toml:1:9: polling.interval is set twice; it is set at "
                    + "tokenwatchd.toml:4:1 too",
                "conf.d/2.toml:1:1: polling is set twice; it is set at tokenwatchd.toml:3:2 too",
                "conf.d/2.toml:3:1: tokens.a.owner is set twice; it is set at conf.d/1.toml:3:1 too",
                "conf.d/3.toml:1:12: providers.x is set twice; it is set at conf.d/2.toml:4:12 too",
            ]
        )
    }

    @Test func `after a syntax error other files are judged, but nothing is called missing`() throws
    {
        let folder = try ConfigFolder("[daemon\nlisten_public = true\n[channels.ops]\ntype = \"x\"")
        try folder.write(
            "conf.d/1.toml",
            """
            daemon.listen = "0.0.0.0:80"
            [channels.log]
            min_severity = "info"
            [polling]
            intervall = "1h"
            timeout = 5
            [tokens.a]
            channels = ["ops"]
            provider = "acme"
            project_id = "7"
            ownr = "us"
            [tokens.b]
            must_expire = true
            provider = "vpsbg"
            """
        )
        try folder.write("conf.d/2.toml", "x = ]")
        let errors = folder.errors().map { String($0.prefix { $0 != " " }) }
        #expect(
            errors == [
                "tokenwatchd.toml:1:8:", "tokenwatchd.toml:4:8:", "conf.d/1.toml:5:1:",
                "conf.d/1.toml:6:11:",
                "conf.d/1.toml:11:1:", "conf.d/2.toml:1:5:",
            ]
        )
    }

    @Test func `of very many errors so many are said as a person reads, and how many there are`()
        throws
    {
        let tokens = (0..<1500).map { "[tokens.t\($0)]\n" }.joined()
        let errors = try configurationErrors(tokens)
        #expect(errors.count == 1001)
        #expect(
            errors.last
                == "tokenwatchd.toml: has 500 more errors, here or in conf.d; they are not shown"
        )
    }

    @Test func `the main file is the one named, else the service's, else the system's`() {
        func main(_ path: String?, _ directory: String?) -> String {
            ConfigurationFiles.mainFile(
                path: path,
                environment: directory.map { ["CONFIGURATION_DIRECTORY": $0] } ?? [:]
            )
        }
        #expect(main("x.toml", "/c") == "x.toml")
        #expect(main(nil, "/c") == "/c/tokenwatchd.toml")
        #expect(main(nil, "/c:/d") == "/c/tokenwatchd.toml")
        #expect(main(nil, "") == "/etc/tokenwatchd/tokenwatchd.toml")
        #expect(main(nil, nil) == "/etc/tokenwatchd/tokenwatchd.toml")
    }

    @Test func `the service's directories are the defaults of state and socket`() throws {
        let folder = try ConfigFolder(someToken)
        let environment = ["STATE_DIRECTORY": "/s:/t", "RUNTIME_DIRECTORY": "/r:/q"]
        let daemon = try folder.load(environment).daemon
        #expect(daemon.stateDirectory == "/s" && daemon.socketPath == "/r/status.sock")
        try folder.write(
            "tokenwatchd.toml",
            someToken + "daemon = { state_dir = \"/x\", socket = \"/y\" }"
        )
        let own = try folder.load(environment).daemon
        #expect(own.stateDirectory == "/x" && own.socketPath == "/y")
    }

    @Test func `a directory of the service that will not do is named`() throws {
        let folder = try ConfigFolder(someToken)
        let long = "/" + String(repeating: "r", count: 95)
        #expect(folder.errors(["RUNTIME_DIRECTORY": String(long.dropLast())]).isEmpty)
        #expect(
            folder.errors(["STATE_DIRECTORY": "var", "RUNTIME_DIRECTORY": long]) == [
                "$STATE_DIRECTORY: is \"var\"; it must be an absolute path of at most 4095 bytes",
                "$RUNTIME_DIRECTORY: is \"\(long.prefix(60))…\"; "
                    + "it must be an absolute path of at most 95 bytes",
            ]
        )
    }

    @Test func `a configuration beside the working directory has its conf d there`() throws {
        let report = Report()
        #expect(ConfigurationFiles.all(main: "no-such.toml", report: report) == ["no-such.toml"])
        #expect(ConfigurationFiles.all(main: "/no-such.toml", report: report) == ["/no-such.toml"])
        #expect(!report.hasErrors)
    }
}
