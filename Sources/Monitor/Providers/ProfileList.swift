package import Formats

/// The tokens that a provider's answer lists, page by page.
package struct ProfileList: Hashable, Sendable {
    /// Where the next page is; each is on the provider's own host.
    package enum Next: Hashable, Sendable {
        /// The target with `rel="next"` of the header `Link` (RFC 8288).
        case link
        /// A URL in the answer; none, null or an empty one ends the list.
        case url(Source)
        /// A text or number in the answer, sent as this query parameter; the same ends the list.
        case cursor(Source, parameter: String)
        /// This query parameter counts up from `first`; a page without rows ends the list.
        case page(parameter: String, first: Int64)
    }

    /// Where the array of rows is in the body; the empty pointer is the body itself.
    package var rows: JSONPointer
    /// The row's id: a text or an integer.
    package var id: JSONPointer
    /// Nil if the first answer is the whole list.
    package var next: Next?
    /// A row that matches one of these is left out.
    package var skipIf: [Match] = []
    /// A row that matches one of these is an expired token.
    package var expiredIf: [Match] = []
    /// Places in the row.
    package var facts = FactSources()
    package var maximumRows = Self.usualRows
    package var maximumPages = Self.usualPages

    package static let usualRows = 50_000
    package static let mostRows = 100_000
    package static let usualPages = 1_000
    package static let mostPages = 10_000
    /// Some providers list all tokens at once: 50,000 of them have some 20 MiB.
    package static let maximumPageBytes = 32 << 20

    /// The facts that the settings of a listed token can rely on.
    package var tells: FactSources.Tells { facts.tells(orSaysExpired: !expiredIf.isEmpty) }
}
