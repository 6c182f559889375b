extension BuiltinProviders {
    static let vpsbg = BuiltinProvider(
        name: "vpsbg",
        toml: #"""
            # VPSBG. No documented endpoint describes a key, and nothing says that keys expire: it
            # can be seen that a key lives, and an end has to be stated with expires in [tokens.ID].
            # Its documentation: VPSBG's dev hub, "How to generate API key?" and "List servers".

            base = "https://api.vpsbg.eu"

            # A key that may only read may send any GET. A destroyed key is refused at once.
            url     = "{base}/v1/servers"
            headers = { Authorization = "Bearer {secret}", Accept = "application/json" }

            dead_status = [401]
            """#
    )
}
