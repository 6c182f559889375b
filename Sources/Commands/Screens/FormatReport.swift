import Alerting
import Monitor

/// Formats and their requests, for people and as JSON.
enum FormatReport {
    static func table(_ formats: [KnownFormat], width: Int?) -> [String] {
        let table = TextTable(
            [
                TextTable.Column("FORMAT", of: formats) { .text($0.name) },
                TextTable.Column("CHANNEL SETS", of: formats) {
                    .text(needs($0).joined(separator: ", "))
                },
            ],
            width: nil
        )
        return table.lines(wrapping: "RECEIVER", formats.map(\.about), width: width)
    }

    /// Returns the keys that a channel must set.
    private static func needs(_ format: KnownFormat) -> [String] {
        let needed = ([format.url] + format.inputs).filter { $0.fallback == nil }
        return needed.map { $0.isSecret ? $0.secretKeys[0] : $0.name }
    }

    /// Returns a table to copy: its name must differ from the names of built-in ones.
    static func toml(_ format: KnownFormat) -> [String] {
        guard let toml = format.toml else {
            return [
                format.format == nil
                    ? "# \(format.name) is code, not data: it has no table."
                    : "# \(format.name) is in your configuration."
            ]
        }
        let lines = toml.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line).replacing("[formats.\(format.name).", with: "[formats.example.")
        }
        return ["# [formats.\(format.name)], built in.", "[formats.example]"] + lines
    }

    static func json(of formats: [KnownFormat]) -> [UInt8] {
        JSONWriter.bytes { json in
            json.array { json in
                for format in formats {
                    json.object { json in
                        json.field("name", format.name)
                        json.field("about", format.about)
                        json.field("docs", format.docs)
                        json.field("digest", format.takesDigests)
                        json.key("url")
                        write(format.url, into: &json)
                        json.array("params") { json in
                            for input in format.inputs where !input.isSecret {
                                write(input, into: &json)
                            }
                        }
                        json.array("secrets") { json in
                            for input in format.inputs where input.isSecret {
                                write(input, into: &json)
                            }
                        }
                        json.field("toml", format.toml)
                    }
                }
            }
        }
    }

    private static func write(_ input: MessageFormat.Input, into json: inout JSONWriter) {
        json.object { json in
            json.field("name", input.name)
            json.field("about", input.about)
            json.field("example", input.example)
            json.field("default", input.fallback)
        }
    }

    /// Returns a request as it is sent; escapes keep foreign text in it from moving the cursor.
    static func lines(of preview: FormatPreview?, phase: Event.Phase) -> [String] {
        guard let preview else { return ["Nothing is sent of an event that is \(phase.rawValue)."] }
        let body = preview.body.split(separator: "\n", omittingEmptySubsequences: false)
        return ["\(preview.method) \(preview.url)"] + preview.headers + [""]
            + body.map { String($0).escapedForTerminal }
    }

    static func json(of preview: FormatPreview?) -> [UInt8] {
        JSONWriter.bytes { json in
            guard let preview else { return json.null() }
            json.object { json in
                json.field("method", preview.method)
                json.field("url", preview.url)
                json.field("headers", preview.headers)
                json.field("body", preview.body)
            }
        }
    }
}
