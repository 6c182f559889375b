import Monitor
import Store

extension Command {
    static let schema = Command(
        "schema",
        "print the JSON Schema of the configuration, for editors",
        notes: [
            "Editors with taplo or JSON Schema use it to check and complete tokenwatchd.toml: run "
                + "`tokenwatchd schema > tokenwatchd.schema.json`, and begin the configuration with "
                + "the line `#:schema ./tokenwatchd.schema.json`.",
            "The command check-config checks more: the meaning of values, and whether secrets can be "
                + "read.",
        ],
        exitStatuses: [(ExitStatus.ok, "done")]
    ) { _, session in
        session.console.print(json: ConfigurationSchema.json())
        return ExitStatus.ok
    }
}
