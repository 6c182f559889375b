import Alerting
import Formats

/// A format that comes with the program, as a user would write it.
package struct BuiltinFormat: Sendable {
    package let name: String
    /// Its `[formats.NAME]` table, with comments.
    package let toml: String
    package let format: MessageFormat
}

/// The formats that come with the program: the tables of `formats.toml`, in their order.
package enum BuiltinFormats {
    package static let all: [BuiltinFormat] = {
        do {
            return try read(PackageResources.formats_toml)
        } catch {
            // The file is part of the program, and tests read it.
            preconditionFailure("\(error)")
        }
    }()

    package static func named(_ name: String) -> BuiltinFormat? {
        all.first { $0.name == name }
    }

    /// The default format: the event's own JSON.
    static let json: MessageFormat = {
        guard let json = named("json") else { preconditionFailure("formats.toml has no json") }
        return json.format
    }()

    /// Reads the formats of a file.
    ///
    /// - Throws: all errors.
    static func read(_ bytes: [UInt8]) throws(ConfigurationErrors) -> [BuiltinFormat] {
        let report = Report()
        report.files = ["formats.toml"]
        let document = TOML.parse(bytes)
        for error in document.errors {
            report.unread(FilePlace(file: 0, error.position), error.message)
        }
        let root = ConfigurationTable(place: FilePlace(file: 0, .start))
        root.merge(document.root, file: 0, unread: [], report: report)
        let texts = sections(of: String(decoding: bytes, as: UTF8.self))
        var formats: [BuiltinFormat] = []
        if case .table(let tables)? = root["formats"]?.value {
            for entry in tables.entries {
                guard case .table(let table) = entry.value,
                    let format = FormatDecoder.format(entry.key, table, report)
                else { continue }
                let toml = texts[entry.key] ?? ""
                formats.append(BuiltinFormat(name: entry.key, toml: toml, format: format))
            }
        }
        guard !report.hasErrors else { throw ConfigurationErrors(all: report.sortedErrors) }
        return formats
    }

    /// Returns the text under each header, without empty lines around it.
    ///
    /// A table inside the table of a format is part of it.
    private static func sections(of text: String) -> [String: String] {
        var sections: [String: [Substring]] = [:]
        var name: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("[formats."), line.hasSuffix("]"),
                !line.dropFirst("[formats.".count).contains(".")
            {
                name = String(line.dropFirst("[formats.".count).dropLast())
                continue
            }
            if let name { sections[name, default: []].append(line) }
        }
        return sections.mapValues { lines in
            var lines = lines[...]
            while lines.last?.isEmpty == true { lines.removeLast() }
            return lines.joined(separator: "\n")
        }
    }
}
