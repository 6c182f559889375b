import HTTP

/// A JSON array, whose elements are read page by page as the client receives them.
actor ArrayPages<Cursor: Sendable> {
    struct Page: Sendable {
        /// The elements, each as JSON.
        var elements: [[UInt8]] = []
        /// The place of the next page; nil after the last one.
        let next: Cursor?
    }

    private let read: @Sendable (Cursor?) async throws -> Page
    /// The page that was read ahead.
    private var page: Page?
    private var cursor: Cursor?
    private var hasBegun = false
    private var hasElements = false
    private var hasEnded = false

    /// - Parameters:
    ///   - first: the first page, if it was read already.
    ///   - read: a closure that reads the page at a cursor; nil for the first page.
    init(_ first: Page? = nil, read: @escaping @Sendable (Cursor?) async throws -> Page) {
        page = first
        self.read = read
    }

    /// Returns the next piece; nil after the end.
    ///
    /// If a page cannot be read, the array ends in the middle, so that it is not valid JSON.
    func next() async -> [UInt8]? {
        var bytes: [UInt8] = hasBegun ? [] : [UInt8(ascii: "[")]
        hasBegun = true
        // A piece is never empty, because that would mean the end.
        while bytes.count < 2 {
            guard !hasEnded else { return nil }
            guard let page = await nextPage() else {
                hasEnded = true
                return nil
            }
            for element in page.elements {
                if hasElements { bytes.append(UInt8(ascii: ",")) }
                hasElements = true
                bytes += element
            }
            hasEnded = page.next == nil
            if hasEnded { bytes += [UInt8(ascii: "]"), UInt8(ascii: "\n")] }
        }
        return bytes
    }

    private func nextPage() async -> Page? {
        var page = self.page.take()
        if page == nil { page = try? await read(cursor) }
        cursor = page?.next
        return page
    }
}

extension HTTPResponse {
    static func array<Cursor>(_ pages: ArrayPages<Cursor>) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: [("Content-Type", "application/json")],
            body: .stream { await pages.next() }
        )
    }
}
