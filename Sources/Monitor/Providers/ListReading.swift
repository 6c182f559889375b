package import Alerting
package import HTTP

/// The reading of a list page by page: it takes answers and returns the next request.
///
/// It makes no calls itself, so that the daemon and a single poll read a list in the same way.
package struct ListReading: Sendable {
    /// A step after an answer.
    package enum Step: Sendable {
        case request(ProviderRequest)
        case end(ListEnd)
    }

    private let access: ProviderAccess
    private let reader: ListReader
    private let address: PageAddress
    private let secret: Secret
    private let firstURL: String
    /// The next request, or the request of the last answer.
    package private(set) var request: ProviderRequest
    private var page = 1
    private var rowCount = 0
    /// The rows so far, with their indices in `tokens`; nil for a row that is not there.
    ///
    /// The keys are the bytes of ids: two ids that Unicode considers equivalent are different.
    private var seen: [[UInt8]: Int?] = [:]
    private var tokens: [ListedToken] = []
    private var sharedFacts = SharedFacts()
    /// The first page's answer about the token that lists.
    private var own: Observation.Answer?
    private var firstUnreadable: String?
    private var unreadable: [String] = []
    /// The rows with unreadable ids; each may be any token.
    private var nameless = 0

    /// Returns nil if the request's URL has no origin that may be polled.
    init?(
        _ access: ProviderAccess,
        _ reader: ListReader,
        request: ProviderRequest,
        secret: Secret
    ) {
        guard let address = PageAddress(of: request.url, below: access.basePath) else {
            return nil
        }
        self.access = access
        self.reader = reader
        self.address = address
        self.request = request
        self.secret = secret
        firstURL = request.url
    }

    /// The rows so far of a list that has another page.
    package var firstPage: Listing { part("there is a next page") }

    /// Whether pages were read before the requested one.
    package var hasPages: Bool { own != nil }

    /// Takes the result of the last request; after a failed page, the result of its repetition.
    ///
    /// A page that fails makes the poll fail: its verdict is the verdict on the token. The rows of
    /// the pages before it are returned as a part of the list.
    package mutating func take(_ result: HTTPResult, at now: Instant) -> Step {
        let answer = access.reader.judge(result, secret: secret, at: now)
        guard case .ok(let facts) = answer, case .answer(let response) = result else {
            return fail(answer)
        }
        guard access.profile.liveStatus.contains(response.status) else {
            if facts.saysExpired { return fail(answer) }
            return fail(
                .malformed(
                    "\(StatusText.of(response.status)): the token is live but may not list tokens"
                )
            )
        }
        own = own ?? answer
        do throws(Unreadable) {
            let rows = try reader.rows(in: response.body.withoutByteOrderMark)
            let text = secret.reveal()
            var hasNews = rows.isEmpty
            for row in rows {
                rowCount += 1
                guard rowCount <= reader.list.maximumRows else {
                    throw Unreadable(
                        "the list has more than \(reader.list.maximumRows) rows; raise"
                            + " list.limits.rows, or list fewer tokens"
                    )
                }
                hasNews = take(row, text, now) || hasNews
            }
            guard let url = try next(after: response, hadRows: !rows.isEmpty) else {
                return .end(ending())
            }
            guard hasNews else { throw Unreadable("it repeats the rows of earlier pages") }
            guard page < reader.list.maximumPages else {
                throw Unreadable(
                    "the list has more than \(reader.list.maximumPages) pages; raise"
                        + " list.limits.pages, or list fewer tokens"
                )
            }
            guard url != request.url else { throw Unreadable("the next page is the same page") }
            page += 1
            request = request.to(url)
            return .request(request)
        } catch {
            return fail(.malformed(error.message))
        }
    }

    /// Takes a row; returns false for a row of an earlier page.
    ///
    /// Rows move to the following page if a row is added while the list is read.
    private mutating func take(_ row: ArraySlice<UInt8>, _ text: String, _ now: Instant) -> Bool {
        switch reader.read(row, secret: text, at: now) {
        case .token(var token):
            token.facts = sharedFacts.shared(token.facts)
            let id = Array(token.id.utf8)
            if let place = seen[id] {
                if let place { tokens[place].facts.takeSoonerExpiry(of: token.facts) }
                return false
            }
            seen[id] = .some(tokens.count)
            tokens.append(token)
        case .skipped(let id):
            if let id { return isNew(id) }
        case .unreadable(let id, let problem):
            if let id {
                guard isNew(id) else { return false }
                unreadable.append(id)
            } else {
                nameless += 1
            }
            firstUnreadable = firstUnreadable ?? "row \(rowCount): \(problem)"
        }
        return true
    }

    private mutating func isNew(_ id: String) -> Bool {
        if seen[Array(id.utf8)] != nil { return false }
        seen.updateValue(nil, forKey: Array(id.utf8))
        return true
    }

    private func next(
        after response: HTTPAnswer,
        hadRows: Bool
    ) throws(Unreadable) -> String? {
        switch reader.list.next {
        case nil: return nil
        case .link:
            return try resolve(LinkHeader.next(in: response.headers.values(of: "Link")))
        case .url(let source): return try resolve(try reader.next(source, of: response))
        case .cursor(let source, let parameter):
            guard let cursor = try reader.next(source, of: response) else { return nil }
            guard cursor.utf8.count <= PageAddress.maximumBytes / 4 else {
                throw Unreadable("\(source.label) is longer than a URL may be")
            }
            return PageAddress.adding(parameter, cursor, to: firstURL)
        case .page(let parameter, let first):
            guard hadRows else { return nil }
            return PageAddress.adding(parameter, String(first + Int64(page)), to: firstURL)
        }
    }

    private func resolve(_ reference: String?) throws(Unreadable) -> String? {
        guard let reference else { return nil }
        return try address.resolve(reference, from: request.url)
    }

    /// Returns the end of a list that was read to its last page.
    private func ending() -> ListEnd {
        guard let firstUnreadable else {
            return ListEnd(answer: own ?? .ok(Facts()), listing: Listing(tokens: tokens))
        }
        let others = unreadable.count + nameless - 1
        let reason = firstUnreadable + (others > 0 ? ", and \(others) more rows" : "")
        let listing =
            nameless > 0 ? part(reason) : Listing(tokens: tokens, unreadable: unreadable)
        return ListEnd(answer: .malformed(reason), listing: listing)
    }

    private func fail(_ answer: Observation.Answer) -> Step {
        guard own != nil else { return .end(ListEnd(answer: answer, listing: nil)) }
        let answer = page > 1 ? answer.inside("page \(page) of the list") : answer
        return .end(ListEnd(answer: answer, listing: part(answer.error ?? "the token has expired")))
    }

    private func part(_ reason: String) -> Listing {
        Listing(tokens: tokens, unreadable: unreadable, isWhole: false, reason: reason)
    }
}

/// The result of a poll of a list.
package struct ListEnd: Sendable {
    /// The answer about the token that lists.
    package let answer: Observation.Answer
    /// The rows; nil if no row was read.
    package let listing: Listing?

    package init(answer: Observation.Answer, listing: Listing?) {
        self.answer = answer
        self.listing = listing
    }
}

extension ProviderAccess {
    /// Returns the reading of a list from its first request; nil if the profile has no list.
    package func reading(_ request: ProviderRequest, secret: Secret) -> ListReading? {
        listReader.flatMap { ListReading(self, $0, request: request, secret: secret) }
    }
}

extension Facts {
    /// Takes the sooner expiry of two rows with one id.
    fileprivate mutating func takeSoonerExpiry(of other: Facts) {
        guard case .at(let sooner) = other.expiry else { return }
        if case .at(let instant) = expiry, instant <= sooner { return }
        expiry = other.expiry
    }
}
