import Alerting
import Foundation
import Glibc
import Testing

@testable import Monitor

private let planted = "PLANTED-c29tZXRoaW5n"

@Suite struct ConfigSecretTests {
    @Test func `a secret may stand in a file that only its owner reads`() throws {
        let folder = try ConfigFolder("tokens.a.secret = \"\(planted)\"")
        let configuration = try folder.load()
        guard case .inline(let secret) = configuration.tokens[0].secret else {
            Issue.record("not inline")
            return
        }
        #expect(secret.reveal() == planted)
        var shown = "\(configuration)"
        dump(configuration, to: &shown)
        #expect(!shown.contains(planted))
    }

    @Test(arguments: [0o640, 0o604, 0o644])
    func `a secret in a file that others read is an error with the chmod`(mode: Int) throws {
        let folder = try ConfigFolder()
        let text = "tokens.a.secret = \"\(planted)\""
        try folder.write("tokenwatchd.toml", text, mode: mode_t(mode))
        #expect(
            folder.errors() == [
                "tokenwatchd.toml:1:19: tokens.a.secret is a secret in a file that others can read; "
                    + "run: chmod 0600 tokenwatchd.toml, or use secret_file"
            ]
        )
    }

    @Test func `the secret of who asks is kept and checked as the token's own is`() throws {
        let folder = try ConfigFolder()
        let text = """
            [tokens.a]
            provider = "rfc7662"
            base_url = "https://idp.example/introspect"
            secret = "\(planted)"

            """
        let inline = text + "client_authorization = \"Basic \(planted)\"\n"
        try folder.write("tokenwatchd.toml", inline)
        let configuration = try folder.load()
        var shown = "\(configuration)"
        dump(configuration, to: &shown)
        #expect(!shown.contains(planted))
        let request = try #require(
            try configuration.tokens[0].access.request(
                secret: Secret(validating: "mine".utf8),
                SecretReader(environment: [:])
            )
        )
        #expect(request.headers.first?.value == "Basic \(planted)")
        try folder.write("tokenwatchd.toml", inline, mode: 0o644)
        #expect(
            folder.errors().contains(
                "tokenwatchd.toml:5:24: tokens.a.client_authorization is a secret in a file that "
                    + "others can read; run: chmod 0600 tokenwatchd.toml, or use "
                    + "client_authorization_file"
            )
        )
        let file = "client_authorization_file = \"\(folder.path)/none\"\n"
        try folder.write("tokenwatchd.toml", text + file)
        let lines = try folder.load().secretErrors(SecretReader(environment: [:]))
            .map { folder.shortened($0.description) }
        #expect(
            lines == ["tokenwatchd.toml:4:1: tokens.a.client_authorization: none does not exist"]
        )
    }

    @Test func `a webhook's URL in a file that others read is a warning`() throws {
        let text =
            someToken
            + "channels.ops = { type = \"webhook\", url = \"https://hooks.example/\(planted)\" }"
        let folder = try ConfigFolder(text)
        #expect(try folder.warnings().isEmpty)
        try folder.write("tokenwatchd.toml", text, mode: 0o644)
        #expect(
            try folder.warnings() == [
                "tokenwatchd.toml:2:42: channels.ops.url is a secret in a file that others can read; "
                    + "run: chmod 0600 tokenwatchd.toml, or use url_file"
            ]
        )
    }

    @Test(arguments: [
        ("http://127.0.0.1:9093", true), ("https://alerts.example/", true),
        ("https://alerts.example/?key", false), ("https://alerts.example//", false),
    ])
    func `the URL of a server alone is no secret`(url: String, isPublic: Bool) throws {
        let text = someToken + "channels.ops = { type = \"webhook\", url = \"\(url)\" }"
        let folder = try ConfigFolder()
        try folder.write("tokenwatchd.toml", text, mode: 0o644)
        #expect(try folder.warnings().isEmpty == isPublic)
    }

    @Test func `each file is asked for itself who reads it`() throws {
        let folder = try ConfigFolder()
        try folder.write("tokenwatchd.toml", "polling.interval = \"1h\"", mode: 0o644)
        try folder.write("conf.d/a.toml", "tokens.a.secret = \"\(planted)\"")
        #expect(folder.errors().isEmpty)
    }

    @Test func `a channel that no policy names is warned of`() throws {
        let folder = try ConfigFolder(
            """
            policy.channels = ["log"]
            channels.log.type = "syslog"
            channels.idle.type = "syslog"
            tokens.a.secret_file = "/s"
            """
        )
        #expect(
            try folder.warnings()
                == [
                    "tokenwatchd.toml:3:10: channels.idle gets no notifications: no token and no "
                        + "[policy] lists it in channels"
                ]
        )
        try folder.write(
            "conf.d/b.toml",
            "tokens.b = { secret_file = \"/s\", channels = [\"idle\"] }"
        )
        #expect(try folder.warnings().isEmpty)
    }

    @Test func `every secret that cannot be used is said with the place that names it`() throws {
        let folder = try ConfigFolder()
        try folder.write("open", planted, mode: 0o644)
        try folder.write("good", planted)
        try folder.write("url", "ftp://hooks.example/\(planted)")
        try folder.write("key", "whsec_\(planted)?")
        try folder.write("hook", "https://hooks.example/\(planted)")
        try folder.write(
            "tokenwatchd.toml",
            """
            [tokens.a]
              secret_file = "\(folder.path)/none"
            [tokens.b]
            secret_file = "\(folder.path)/open"
            [tokens.c]
            secret_file = "\(folder.path)/good"
            [tokens.d]
            secret_credential = "d"
            [channels.ops]
            type = "webhook"
            url_file = "\(folder.path)/url"
            [channels.signed]
            type = "webhook"
            url_file = "\(folder.path)/hook"
            signing_key_file = "\(folder.path)/key"
            [channels.gone]
            type = "webhook"
            url_file = "\(folder.path)/no-url"
            [heartbeat]
            url_file = "\(folder.path)/url"
            """
        )
        let errors = try folder.load().secretErrors(SecretReader(environment: [:]))
            .map { folder.shortened($0.description) }
        let places = errors.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(
            places == [
                "tokenwatchd.toml:2:3: tokens.a:", "tokenwatchd.toml:4:1: tokens.b:",
                "tokenwatchd.toml:8:1: tokens.d:", "tokenwatchd.toml:9:1: channels.ops:",
                "tokenwatchd.toml:12:1: channels.signed:",
                "tokenwatchd.toml:16:1: channels.gone.url:",
                "tokenwatchd.toml:19:1: heartbeat.url:",
            ]
        )
        #expect(errors[0].hasSuffix("tokens.a: none does not exist"))
        #expect(errors[1].contains("run: chmod 0600 open"))
        #expect(!errors.joined().contains("PLANTED"))
    }

    @Test func `a credential is read in the service's directory`() throws {
        let folder = try ConfigFolder("tokens.a.secret_credential = \"deploy\"")
        try folder.write("credentials/deploy", planted, mode: 0o444)
        let configuration = try folder.load()
        let reader = SecretReader(
            environment: ["CREDENTIALS_DIRECTORY": "\(folder.path)/credentials"]
        )
        #expect(configuration.secretErrors(reader).isEmpty)
        let source = configuration.tokens[0].secret
        #expect(try reader.read(source).secret.reveal() == planted)
        #expect(try reader.read(source).identity == reader.identity(of: source))
        let none = SecretReader(environment: [:])
        #expect(none.identity(of: source) == nil)
        #expect(
            configuration.secretErrors(none).map { folder.shortened($0.description) } == [
                "tokenwatchd.toml:1:10: tokens.a: credential deploy is not there: "
                    + "$CREDENTIALS_DIRECTORY is not set; add LoadCredential=deploy:PATH to the service"
            ]
        )
    }

    /// A wrong value of every type at every key: none may be repeated where it can be a secret.
    @Test func `no key that may hold a secret by mistake is repeated in a message`() throws {
        let owners = [
            "tokens.a": [
                "secret", "secret_file", "secret_credential", "base_url", "owner", "renew_url",
                "note",
            ],
            "channels.ops": [
                "url", "url_file", "url_credential", "signing_key", "signing_key_file",
                "signing_key_credential", "previous_signing_key_file", "headers",
            ],
            "heartbeat": ["url", "url_file", "url_credential"],
            "polling": ["proxy"],
            "providers.x": ["headers", "body", "base", "url"],
        ]
        let values = [
            "\"\(planted)\\n\(planted)\"", "\"\(planted)\"", "[\"\(planted)\"]",
            "{ x = \"\(planted)\" }", planted, "\"https://u:\(planted)@h.example/?\(planted)\"",
        ]
        for (owner, keys) in owners {
            for (key, value) in keys.flatMap({ key in values.map { (key, $0) } }) {
                // A profile's own address is no secret; what may stand inside it is.
                if owner == "providers.x", key == "base" || key == "url", !value.contains("@") {
                    continue
                }
                let folder = try ConfigFolder()
                let type = owner == "channels.ops" ? "channels.ops.type = \"webhook\"\n" : ""
                let text = type + "\(owner).\(key) = \(value)\npolling.x = 1"
                try folder.write("tokenwatchd.toml", text, mode: 0o644)
                let errors = folder.errors()
                #expect(!errors.isEmpty)
                #expect(!errors.joined().contains("PLANTED"), "\(owner).\(key) = \(value)")
            }
        }
    }
}
