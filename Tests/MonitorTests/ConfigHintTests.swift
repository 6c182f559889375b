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
        ("[tokens.a]\nprovider = \"githb\"\nsecret_file = \"/x\"", "did you mean \"github\"?"),
    ])
    func `a common mistake has a hint`(text: String, hint: String) throws {
        let errors = try configurationErrors(text + "\n")
        #expect(errors.contains { $0.contains(hint) }, "\(errors)")
    }

    @Test func `a file in conf.d that is not read is warned of`() throws {
        let folder = try ConfigFolder(someToken)
        for name in ["deploy.conf", "old.toml.bak", ".hidden", "README", "a.toml~"] {
            try folder.write("conf.d/\(name)", "")
        }
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
        ("KEY=value", "NAME=value"),
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
        let doubt = try #require(try Secret(validating: text.utf8).doubt)
        #expect(doubt.contains(word), "\(doubt)")
        #expect(!doubt.contains("abc") && !doubt.contains("value\""))
        let folder = try ConfigFolder()
        try folder.write("secret", text)
        try folder.write("tokenwatchd.toml", "tokens.a.secret_file = \"\(folder.path)/secret\"\n")
        let configuration = try Configuration.load(
            path: "\(folder.path)/tokenwatchd.toml",
            context: ConfigurationContext(environment: [:], hostname: "host"),
            secrets: SecretReader(environment: [:])
        )
        #expect(configuration.warnings.map(\.message) == ["tokens.a: \(doubt)"])
    }

    @Test(arguments: [
        "ghp_abcdefghijklmnop", "abcDEF123==", "ABC=", "eyJhbGciOi.eyJ.sig", "a b", "$", "$x",
        "ghp_0123456789abcdefxxx", "tokenabcdef0123456789", "5f4dcc3b5aa765d61d8327deb882cf99",
        "_a8f_", "%41%42", "[::1]", "AKIAIOSFODNN7EXAMPLE",
    ])
    func `a token is not suspicious`(text: String) throws {
        #expect(try Secret(validating: text.utf8).doubt == nil)
    }
}
