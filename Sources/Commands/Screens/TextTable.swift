/// A table for people that fits its width.
struct TextTable {
    /// The content of one cell.
    enum Cell {
        case text(String)
        /// The first text if it fits, otherwise the second.
        case either(String, String)
        /// As many words as fit, and the number of the rest.
        case list([String])

        var whole: String {
            switch self {
            case .text(let text), .either(let text, _): text
            case .list(let words): words.joined(separator: ", ")
            }
        }

        func fitted(to width: Int) -> String {
            let whole = whole
            guard DisplayWidth.of(whole) > width else { return whole }
            switch self {
            case .text: return DisplayWidth.cut(whole, to: width)
            case .either(_, let short): return DisplayWidth.cut(short, to: width)
            case .list(let words): return Self.fit(words, to: width)
            }
        }

        private static func fit(_ words: [String], to width: Int) -> String {
            var fitting: String?
            var text = ""
            for (index, word) in words.dropLast().enumerated() {
                text += index == 0 ? word : ", " + word
                guard DisplayWidth.of(text) <= width else { break }
                let more = text + " +\(words.count - index - 1)"
                if DisplayWidth.of(more) <= width { fitting = more }
            }
            if let fitting { return fitting }
            let more = words.count > 1 ? " +\(words.count - 1)" : ""
            return DisplayWidth.cut(words[0], to: max(2, width - more.utf8.count)) + more
        }
    }

    struct Column {
        let title: String
        /// The narrowest width before a column is hidden.
        let minimum: Int
        /// The column's place in hiding: the greatest value is hidden first; 0 stays.
        let dropOrder: Int
        let cells: [Cell]

        init<Row>(
            _ title: String,
            _ minimum: Int = 12,
            drop dropOrder: Int = 0,
            of rows: [Row],
            _ cell: (Row) -> Cell
        ) {
            self.title = title
            self.minimum = minimum
            self.dropOrder = dropOrder
            cells = rows.map(cell)
        }
    }

    /// The titles of the hidden columns.
    let leftOut: [String]
    private let columns: [Column]
    private let widths: [Int]

    /// Lays the columns out; `width` is nil for a table that is as wide as it needs to be.
    init(_ columns: [Column], width: Int?) {
        let natural = columns.map { column in
            column.cells.reduce(DisplayWidth.of(column.title)) {
                max($0, DisplayWidth.of($1.whole))
            }
        }
        guard let width else {
            leftOut = []
            self.columns = columns
            widths = natural
            return
        }
        let least = zip(columns, natural).map { min($1, max($0.minimum, $0.title.utf8.count)) }
        var kept = Array(columns.indices)
        func total(_ widths: [Int]) -> Int {
            kept.reduce(-Self.gap) { $0 + widths[$1] + Self.gap }
        }
        while total(least) > width,
            let last = kept.filter({ columns[$0].dropOrder > 0 })
                .max(by: { columns[$0].dropOrder < columns[$1].dropOrder })
        {
            kept.removeAll { $0 == last }
        }
        // Spare room goes to the first column, which names the row, then to one column
        // at a time, so that none takes it all.
        var given = least
        var left = width - total(least)
        if left > 0, let first = kept.first {
            let wanted = min(left, natural[first] - given[first])
            given[first] += wanted
            left -= wanted
        }
        while left > 0, kept.contains(where: { given[$0] < natural[$0] }) {
            for index in kept where left > 0 && given[index] < natural[index] {
                given[index] += 1
                left -= 1
            }
        }
        // Another column gets the room that is too small for a column's next longer text.
        for index in kept where given[index] < natural[index] {
            let needed = columns[index].cells.reduce(DisplayWidth.of(columns[index].title)) {
                max($0, DisplayWidth.of($1.fitted(to: given[index])))
            }
            left += given[index] - needed
            given[index] = needed
        }
        for index in kept where natural[index] - given[index] <= left {
            left -= natural[index] - given[index]
            given[index] = natural[index]
        }
        leftOut = columns.indices.filter { !kept.contains($0) }.map { columns[$0].title }
        self.columns = kept.map { columns[$0] }
        widths = kept.map { given[$0] }
    }

    private static let gap = 2

    /// The maximum width of a row.
    var width: Int { max(0, widths.reduce(-Self.gap) { $0 + $1 + Self.gap }) }

    var header: String {
        line(columns.map(\.title))
    }

    /// The header and every row.
    var lines: [String] { [header] + (columns.first?.cells ?? []).indices.map { row($0) } }

    /// Returns a row; `decorate` may add parts without width, such as colour, to a cell.
    func row(_ index: Int, decorate: (_ title: String, _ text: String) -> String = { $1 })
        -> String
    {
        line(
            zip(columns, widths).map { column, width in
                column.cells[index].fitted(to: width)
            },
            decorate: decorate
        )
    }

    /// Returns the header and the rows with one more column, whose texts wrap instead of being cut.
    func lines(wrapping title: String, _ texts: [String], width: Int?) -> [String] {
        let start = self.width + Self.gap
        let room = width.map { max(20, $0 - start) } ?? .max
        let indent = String(repeating: " ", count: start)
        return [DisplayWidth.padded(header, to: start) + title]
            + texts.enumerated().flatMap { index, text in
                let row = DisplayWidth.padded(row(index) { $1 }, to: start)
                return TextWrap.lines(text, width: room).enumerated().map { line, words in
                    (line == 0 ? row : indent) + words
                }
            }
    }

    private func line(
        _ texts: [String],
        decorate: (String, String) -> String = { $1 }
    ) -> String {
        var line: [UInt8] = []
        line.reserveCapacity(width)
        for (index, text) in texts.enumerated() {
            line += decorate(columns[index].title, text).utf8
            guard index + 1 < texts.count else { break }
            let spaces = max(0, widths[index] - DisplayWidth.of(text)) + Self.gap
            line += repeatElement(UInt8(ascii: " "), count: spaces)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
