import Monitor
import Store

extension Command {
    static let schema = Command(
        "schema",
        "print the JSON Schema of the configuration, for editors",
        notes: [
            "Editors with taplo or JSON Schema use it to check and complete tokenwatchd.toml. Example: "
                + "tokenwatchd schema > tokenwatchd.schema.json, and in the first line of the "
                + "configuration: #:schema ./tokenwatchd.schema.json",
            "check-config checks more: the meaning of values, and whether secrets can be read.",
        ],
        exitStatuses: [(ExitStatus.ok, "done")]
    ) { _, session in
        session.console.print(json: ConfigurationSchema.json())
        return ExitStatus.ok
    }
}
