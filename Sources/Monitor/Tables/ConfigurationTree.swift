import Alerting
import Formats

/// The tables of all files as one, each value with its place.
///
/// If only one file has a table, its entries are made on demand: most of 100,000 tables are read
/// once, and entries for all would double their memory.
final class ConfigurationTable {
    struct Entry {
        let key: String
        let keyPlace: FilePlace
        let value: Value
    }

    enum Value {
        case table(ConfigurationTable)
        case leaf(TOMLValue, FilePlace)
    }

    let place: FilePlace
    /// The source of the entries, while only one file has the table.
    private var source: (table: TOMLTable, file: Int)?
    private var merged: [Entry] = []
    /// The index of merged entries; empty while they are few.
    private var index: [String: Int] = [:]
    /// The number of entries up to which a search costs less time and memory than a dictionary.
    private static let smallCount = 8

    init(place: FilePlace) {
        self.place = place
    }

    private init(_ table: TOMLTable, file: Int) {
        place = FilePlace(file: file, table.position)
        source = (table, file)
    }

    /// The entries, in the order in which they were first set.
    var entries: some RandomAccessCollection<Entry> {
        (0..<(source?.table.entries.count ?? merged.count)).lazy.map { place in
            self.source.map { Self.entry($0.table.entries[place], file: $0.file) }
                ?? self.merged[place]
        }
    }

    /// The keys of the entries, without making the entries.
    var keys: some RandomAccessCollection<String> {
        (0..<(source?.table.entries.count ?? merged.count)).lazy.map { place in
            self.source?.table.entries[place].key ?? self.merged[place].key
        }
    }

    subscript(key: String) -> Entry? {
        if let source {
            return source.table.entry(key).map { Self.entry($0, file: source.file) }
        }
        let place =
            merged.count <= Self.smallCount ? merged.firstIndex { $0.key == key } : index[key]
        return place.map { merged[$0] }
    }

    /// Merges a file's table; a key that is set twice is an error that names both places.
    ///
    /// - Parameters:
    ///   - table: the table of the file.
    ///   - file: the index of the file.
    ///   - path: the dotted name of the table, for messages; empty for the whole file.
    ///   - unread: the places of unreadable values, which are ignored.
    ///   - report: collects the errors.
    func merge(
        _ table: TOMLTable,
        file: Int,
        path: String = "",
        unread: Set<TOMLPosition>,
        report: Report
    ) {
        unwrap()
        // Profiles are read file by file: see `ProviderTables`.
        for entry in table.entries where !(path.isEmpty && entry.key == "providers") {
            if !unread.isEmpty, entry.node.isAny(of: unread) { continue }
            let keyPlace = FilePlace(file: file, entry.keyPosition)
            var name: String { path.isEmpty ? entry.key : "\(path).\(entry.key)" }
            if let present = self[entry.key] {
                guard case .table(let ours) = present.value,
                    case .table(let theirs) = entry.node.value
                else {
                    report.error(
                        keyPlace,
                        "\(name) is set twice; it is set at \(report.name(of: present.keyPlace)) too"
                    )
                    continue
                }
                ours.merge(theirs, file: file, path: name, unread: unread, report: report)
            } else if !unread.isEmpty, case .table(let theirs) = entry.node.value {
                let ours = ConfigurationTable(place: FilePlace(file: file, theirs.position))
                ours.merge(theirs, file: file, path: name, unread: unread, report: report)
                append(Entry(key: entry.key, keyPlace: keyPlace, value: .table(ours)))
            } else {
                append(Self.entry(entry, file: file))
            }
        }
    }

    /// Makes all entries, before others are added.
    private func unwrap() {
        guard let (table, file) = source else { return }
        source = nil
        for entry in table.entries { append(Self.entry(entry, file: file)) }
    }

    private func append(_ entry: Entry) {
        merged.append(entry)
        if merged.count == Self.smallCount + 1 {
            for (place, entry) in merged.enumerated() { index[entry.key] = place }
        } else if merged.count > Self.smallCount {
            index[entry.key] = merged.count - 1
        }
    }

    private static func entry(_ entry: TOMLTable.Entry, file: Int) -> Entry {
        let value: Value =
            if case .table(let table) = entry.node.value {
                .table(ConfigurationTable(table, file: file))
            } else {
                .leaf(entry.node.value, FilePlace(file: file, entry.node.position))
            }
        return Entry(
            key: entry.key,
            keyPlace: FilePlace(file: file, entry.keyPosition),
            value: value
        )
    }
}

extension Report {
    /// Returns the name of an entry of a table such as `[channels]`; nil if it cannot be a name.
    func name(_ entry: ConfigurationTable.Entry, of what: String) -> TokenID? {
        if let name = TokenID.named(entry.key) { return name }
        error(
            entry.keyPlace,
            "\"\(TOMLValue.shortened(entry.key))\" cannot name \(what); it must be \(TokenID.rule)"
        )
        return nil
    }
}

extension TOMLNode {
    /// Whether this value, or an element of its array, is at one of these places.
    fileprivate func isAny(of places: Set<TOMLPosition>) -> Bool {
        if places.contains(position) { return true }
        guard case .array(let nodes) = value else { return false }
        return nodes.contains { $0.isAny(of: places) }
    }
}
