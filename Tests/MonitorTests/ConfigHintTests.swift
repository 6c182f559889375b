import Foundation
import Testing

@testable import Monitor

/// Common mistakes, and the correction in the error.
@Suite struct ConfigHintTests {
    @Test(arguments: [
        ("[polling]\ninterval = \"60\"", "a number needs a unit: s, m, h, d or w"),
        ("[polling]\ninterval = 60", "a number needs a unit: s, m, h, d or w"),
        ("[polling]\ninterval = \"5min\"", "write \"5m\""),
        ("[polling]\ninterval = \"2 hours\"", "write \"2h\""),
        ("[history]\nkeep = \"1y\"", "a year is \"365d\""),
        ("[tokens.a]\nsecret_file = \"secrets/a\"", "a relative path would depend on"),
        ("[tokens.a]\nsecret_file = \"~/a\"", "~ is not expanded"),
        ("[daemon]\nstate_dir = \"$HOME/x\"", "variables are not expanded"),
        ("[channels.x]\ntype = \"slack\"", "type = \"webhook\", format = \"slack\""),
        ("[channels.x]\ntype = \"email\"", "for mail: type = "),
        ("[channels.x]\ntype = \"sylog\"", "did you mean \"syslog\"?"),
        (
            "[channels.x]\ntype = \"webhook\"\nurl = \"https://h.example/\"\nheaders = { \"X Team\" = \"o\" }",
            "did you mean \"X-Team\"?"
        ),
        ("[tokens.a]\ninterval = \"1h\"\nsecret_file = \"/x\"", "it belongs in [polling]"),
        ("warn_before = [\"7d\"]", "it belongs in [policy] or [tokens.ID]"),
        ("[[tokens]]\nsecret_file = \"/x\"", "it must be a table, [tokens.ID]"),
        ("[[channels]]\ntype = \"syslog\"", "it must be a table, [channels.NAME]"),
        ("[tokens.\u{201c}a\u{201d}]\nsecret_file = \"/x\"", "the quotes are typographic"),
        ("[tokens.a]\nprovider = \"VPS.org\"\nsecret_file = \"/x\"", "did you mean \"vps.org\"?"),
        ("[tokens.a]\nsecret_file = \"/x\"\nlist = {}", "it belongs in [providers.NAME]"),
        ("[inventories.a]\nsecret_file = \"/x\"\nurl = \"x\"", "it belongs in [providers.NAME]"),
        ("[tokens.\"a/\"]\nowner = \"x\"", "it must be INVENTORY/ID"),
        ("[policy]\nwarn_before = [30]", "warn_before has 30; it must be an array"),
        ("[policy]\nwarn_before = [30]", "a number needs a unit"),
        ("[policy]\nwarn_before = [\"30\"]", "a number needs a unit"),
        ("[policy]\nwarn_before = [\"30 days\"]", "write \"30d\""),
        ("[policy]\nwarn_before = [\"1month\"]", "the units are s, m, h, d and w"),
        ("[policy]\ncritical_before = 3", "a number needs a unit"),
        ("[policy]\nremind = { critical = 1 }", "a number needs a unit"),
        ("[policy]\nremind = \"weekly\"", "write \"7d\""),
        ("[polling]\ninterval = \"1H\"", "write \"1h\""),
        ("[polling]\ninterval = \"1h30\"", "a number needs a unit"),
        ("[polling]\ninterval = \"0.5h\"", "write \"30m\""),
        ("[polling]\ninterval = \"PT1H30M\"", "write \"1h30m\""),
        ("[polling]\ninterval = \"1 hour 5 min\"", "write \"1h5m\""),
        ("[polling]\ninterval = \"1h \"", "write \"1h\""),
        ("[polling]\ninterval = \"31d\"", "1s to 30d"),
        ("[tokens.a.b]\nsecret_file = \"/x\"", "must be in quotes: [tokens.\"a.b\"]"),
        (
            "[tokens.a]\nsecret_file = \"/x\"\n[tokens.a.policy]\nmust_expire = true",
            "its keys belong in [tokens.a] itself"
        ),
        ("[deploy]\nsecret_file = \"/x\"", "did you mean [tokens.deploy]?"),
        ("[ops]\ntype = \"webhook\"", "did you mean [channels.ops]?"),
        ("[tokens]\nsecret_file = \"/x\"", "it belongs in [tokens.ID]"),
        ("[inventories]\nowner = \"x\"", "it belongs in [inventories.NAME]"),
        ("[tokens]\ninterval = \"1h\"", "it belongs in [polling]"),
        ("[channels]\ntype = \"syslog\"", "it belongs in [channels.NAME]"),
        ("[channels.a]\ntype = \"syslog\"\nurl = \"x\"", "it needs type = \"webhook\""),
        ("[channels.a]\ntype = \"exec\"", "for that: type = \"command\""),
        ("[heartbeat]\ninterval = \"5m\"", "did you mean \"every\"?"),
        ("[polling]\nevery = \"5m\"", "did you mean \"interval\"?"),
        ("[daemon]\nlog_level = \"warn\"", "did you mean \"warning\"?"),
        ("[daemon]\nsocket_mode = 0o640", "write \"0640\""),
        ("[tokens.a]\nprovider = \"vps\"\nsecret_file = \"/x\"", "did you mean \"vps.org\"?"),
        ("[tokens.a]\nsecret_file = \"\u{201c}/x\u{201d}\"", "remove the typographic quotes"),
        ("[tokens.a]\nsecret_file = \"~/a\"", "secret_file is \"~/a\""),
        ("[tokens.a]\nexpires = \"2027-02-30\"", "there is no such day"),
        ("[tokens.a]\nprovider = \"githb\"\nsecret_file = \"/x\"", "did you mean \"github\"?"),
    ])
    func `a common mistake has a hint`(text: String, hint: String) throws {
        let errors = try configurationErrors(text + "\n")
        #expect(errors.contains { $0.contains(hint) }, "\(errors)")
    }

    @Test func `a name of three letters suggests no other name of three`() throws {
        let errors = try configurationErrors(
            "[tokens.a]\nprovider = \"aws\"\nsecret_file = \"/x\"\n"
        )
        #expect(errors.count == 1 && !errors[0].contains("did you mean"), "\(errors)")
    }

    @Test func `a header with one name too many is one error`() throws {
        #expect(try configurationErrors("[tokens.a.b]\nsecret_file = \"/x\"\n").count == 1)
    }

    @Test func `errors come with the warnings, which may name the cause`() throws {
        let folder = try ConfigFolder(someToken + "channels = [\"hook\"]\n")
        try folder.write("conf.d/hook.conf", "[channels.hook]\n")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try Configuration.load(
                path: "\(folder.path)/tokenwatchd.toml",
                context: ConfigurationContext(environment: [:], hostname: "host")
            )
        }
        #expect(errors?.all.count == 1)
        #expect(errors?.lines.last?.contains("conf.d/hook.conf: ignored") == true)
    }

    @Test func `a channel that cannot work here is warned of where secrets are read`() throws {
        let folder = try ConfigFolder(
            "[channels.page]\ntype = \"command\"\nargv = [\"/nowhere/page\"]\n"
        )
        let context = ConfigurationContext(environment: [:], hostname: "host")
        let path = "\(folder.path)/tokenwatchd.toml"
        #expect(try !folder.warnings().contains { $0.contains("/nowhere/page") })
        let checked = try Configuration.load(
            path: path,
            context: context,
            secrets: SecretReader(environment: [:])
        )
        #expect(checked.warnings.contains { $0.message.contains("/nowhere/page") })
    }

    @Test func `a file in conf.d that is not read is warned of`() throws {
        let folder = try ConfigFolder(someToken)
        let leftovers = [
            "old.toml.bak", ".hidden", "README", "a.toml~", "f.toml.dpkg-new", "h.toml.disabled",
        ]
        for name in ["deploy.conf"] + leftovers { try folder.write("conf.d/\(name)", "") }
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/conf.d/folder",
            withIntermediateDirectories: false
        )
        #expect(
            try folder.warnings() == [
                "conf.d/deploy.conf: ignored, because its name does not end in .toml; "
                    + "rename it"
            ]
        )
    }

    @Test(arguments: [
        ("${TOKEN}", "variable"), ("$API_TOKEN2", "variable"),
        ("Bearer abc", "belongs to the header"),
        ("KEY=value", "NAME=value"), ("KEY=\"abc\"", "NAME=value"),
        ("token: abc", "NAME: value"), ("abc 123", "blank"), ("a b", "blank"),
        ("{\"token\":\"abc\"}", "JSON"), ("https://hooks.example/abc", "URL"),
        ("-----BEGIN PRIVATE KEY-----", "PEM"), ("glpat-0123456789abcdefghij", "gitlab"),
        ("export A_1=x", "NAME=value"), ("\"abc\"", "quotes"), ("'abc'", "quotes"),
        (" abc", "blank"),
        ("abc ", "blank"), ("changeme", "placeholder"), ("<token>", "placeholder"),
        ("xxxxxxxx", "placeholder"), ("ghp_xxxxxxxxxxxxxxxx", "placeholder"),
        ("YOUR-TOKEN", "placeholder"), ("YOUR_API_KEY", "placeholder"),
        ("TODO", "placeholder"), ("REDACTED", "placeholder"), ("[redacted]", "variable"),
        ("ghp_xxx", "placeholder"), ("sk-...", "placeholder"), ("***", "placeholder"),
        ("null", "placeholder"), ("undefined", "placeholder"), ("password", "placeholder"),
        ("my_api_key", "placeholder"), ("paste-token-here", "placeholder"),
        ("%TOKEN%", "variable"), ("__TOKEN__", "variable"), ("#{TOKEN}#", "variable"),
    ])
    func `a suspicious secret is warned of, and never shown`(text: String, word: String) throws {
        let secret = try Secret(validating: text.utf8)
        let usual = try #require(BuiltinProviders.named(BuiltinProviders.defaultName)).profile
        let doubt = try #require(secret.doubt ?? usual.doubt(of: secret))
        #expect(doubt.contains(word), "\(doubt)")
        #expect(!doubt.contains("abc") && !doubt.contains("value\""))
        let folder = try ConfigFolder()
        try folder.write("secret", text)
        try folder.write("tokenwatchd.toml", "tokens.a.secret_file = \"\(folder.path)/secret\"\n")
        let configuration = try Configuration.load(
            path: "\(folder.path)/tokenwatchd.toml",
            context: ConfigurationContext(
                environment: [:],
                hostname: "host",
                usualChannel: .stderr
            ),
            secrets: SecretReader(environment: [:])
        )
        #expect(configuration.warnings.map(\.message) == ["tokens.a: \(doubt)"])
    }

    @Test(arguments: [
        "ghp_abcdefghijklmnop", "abcDEF123==", "ABC=", "eyJhbGciOi.eyJ.sig", "$", "$x",
        "ghp_0123456789abcdefxxx", "tokenabcdef0123456789", "5f4dcc3b5aa765d61d8327deb882cf99",
        "_a8f_", "%41%42", "[::1]", "AKIAIOSFODNN7EXAMPLE",
    ])
    func `a token is not suspicious`(text: String) throws {
        #expect(try Secret(validating: text.utf8).doubt == nil)
    }

    @Test(arguments: [
        ("\u{feff}abc", "a byte order mark"), ("abc\u{201d}", "a typographic quote at position 4"),
        ("a\tbc", "at position 2 that is not printable ASCII"),
    ])
    func `a secret with a foreign character says which`(text: String, what: String) {
        let problem = #expect(throws: SecretProblem.self) { try Secret(validating: text.utf8) }
        #expect(problem?.description.contains(what) == true, "\(String(describing: problem))")
    }
}
