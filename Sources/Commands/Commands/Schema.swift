import Monitor
import Store

extension Command {
    static let schema = Command(
        "schema",
        "print the JSON Schema of the configuration, for editors",
        notes: [
            "Editors that know taplo or JSON Schema check and complete tokenwatchd.toml by it. Example: "
                + "tokenwatchd schema > tokenwatchd.schema.json, and in the first line of the "
                + "configuration: #:schema ./tokenwatchd.schema.json",
            "check-config checks more: what values mean, and whether secrets can be read.",
        ],
        exitStatuses: [(ExitStatus.ok, "done")]
    ) { _, session in
        session.console.print(json: ConfigurationSchema.json())
        return ExitStatus.ok
    }
}
