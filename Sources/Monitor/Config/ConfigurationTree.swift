/// The tables of all files as one, each value with its place.
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
    private(set) var entries: [Entry] = []
    /// Empty while there are few entries.
    private var index: [String: Int] = [:]
    /// Up to so many entries looking at each costs less time and memory than a dictionary.
    private static let smallCount = 8

    init(place: FilePlace) {
        self.place = place
    }

    subscript(key: String) -> Entry? {
        let place =
            entries.count <= Self.smallCount
            ? entries.firstIndex { $0.key == key } : index[key]
        return place.map { entries[$0] }
    }

    /// Takes in a file's table; a key that is set already is an error that names both places.
    ///
    /// - Parameters:
    ///   - table: of the file.
    ///   - file: its number.
    ///   - path: the dotted name of the table, for messages; empty for the whole file.
    ///   - unread: where there are values that could not be read, which are left out.
    ///   - report: what is wrong.
    func merge(
        _ table: TOMLTable,
        file: Int,
        path: String = "",
        unread: Set<TOMLPosition>,
        report: Report
    ) {
        // Profiles are read as they stand in their file: see `ProviderTables`.
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
                continue
            }
            let value: Value
            if case .table(let theirs) = entry.node.value {
                let ours = ConfigurationTable(place: FilePlace(file: file, entry.node.position))
                ours.merge(theirs, file: file, path: name, unread: unread, report: report)
                value = .table(ours)
            } else {
                value = .leaf(entry.node.value, FilePlace(file: file, entry.node.position))
            }
            append(Entry(key: entry.key, keyPlace: keyPlace, value: value))
        }
    }

    private func append(_ entry: Entry) {
        entries.append(entry)
        if entries.count == Self.smallCount + 1 {
            for (place, entry) in entries.enumerated() { index[entry.key] = place }
        } else if entries.count > Self.smallCount {
            index[entry.key] = entries.count - 1
        }
    }
}

extension TOMLNode {
    /// Whether this value stands at one of these places, or a value of its array does.
    fileprivate func isAny(of places: Set<TOMLPosition>) -> Bool {
        if places.contains(position) { return true }
        guard case .array(let nodes) = value else { return false }
        return nodes.contains { $0.isAny(of: places) }
    }
}
