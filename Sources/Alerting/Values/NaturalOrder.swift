/// A name that sorts as people count: `bench-2` before `bench-10`.
package struct NaturalOrder: Comparable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func < (left: NaturalOrder, right: NaturalOrder) -> Bool {
        var (one, two) = (left.text.utf8[...], right.text.utf8[...])
        while let first = one.first, let second = two.first {
            if isDigit(first), isDigit(second) {
                let (number, other) = (number(&one), number(&two))
                // Without leading zeros the longer number is the greater one.
                if number.count != other.count { return number.count < other.count }
                if !number.elementsEqual(other) { return number.lexicographicallyPrecedes(other) }
            } else if first == second {
                one.removeFirst()
                two.removeFirst()
            } else {
                return first < second
            }
        }
        guard one.isEmpty, two.isEmpty else { return one.isEmpty }
        return left.text < right.text
    }

    /// Takes the digits at the start, and returns them without leading zeros.
    private static func number(_ text: inout Substring.UTF8View) -> Substring.UTF8View {
        let digits = text.prefix(while: isDigit)
        text = text[digits.endIndex...]
        return digits.drop { $0 == UInt8(ascii: "0") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
