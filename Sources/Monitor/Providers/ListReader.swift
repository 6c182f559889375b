import Alerting
import Formats
import HTTP
import Store

/// Reads the rows of a list, and the place of its next page.
struct ListReader: Sendable {
    /// The content of one row.
    enum Row {
        case token(ListedToken)
        /// The row is not a token to watch; `id` is nil if the row has none.
        case skipped(id: String?)
        /// The row cannot be read, for this reason; `id` is nil if it is unreadable too.
        case unreadable(id: String?, String)
    }

    let list: ProfileList
    private let wants: Wants
    private let scanner: JSONScanner
    private let idPlace: Place
    private let skipIf: [PlacedMatch]
    private let expiredIf: [PlacedMatch]
    private let facts: FactReader
    /// The scanner of a body for its next page; nil if the body does not contain it.
    private let nextScanner: JSONScanner?

    init(_ list: ProfileList) {
        self.list = list
        var wants = Wants()
        idPlace = wants.place(.body(list.id))
        skipIf = wants.places(list.skipIf)
        expiredIf = wants.places(list.expiredIf)
        facts = FactReader(list.facts, wants: &wants)
        self.wants = wants
        scanner = JSONScanner(wants.body)
        switch list.next {
        case .url(.body(let pointer)), .cursor(.body(let pointer), _):
            nextScanner = JSONScanner([JSONWanted(pointer)])
        case .url, .cursor, .link, .page, nil:
            nextScanner = nil
        }
    }

    /// Returns the rows of a page, each as its own bytes.
    ///
    /// - Throws: if the page has no list, or if its elements are not objects: as an empty list, it
    ///   would make every token disappear.
    func rows(in body: [UInt8]) throws(Unreadable) -> [ArraySlice<UInt8>] {
        let place = list.rows.text.isEmpty ? "the body" : list.rows.text
        let rows: JSONRows?
        do {
            rows = try JSONRows.find(at: list.rows, in: body)
        } catch {
            throw Unreadable("the list is not JSON: \(error)")
        }
        guard let rows else { throw Unreadable("\(place) is not an array") }
        if rows.others > 0 {
            throw Unreadable("\(place): expected an array of objects, found other elements")
        }
        return rows.objects
    }

    /// Reads one row of a page.
    ///
    /// - Parameters:
    ///   - row: the bytes of the row.
    ///   - secret: the secret of the token that lists; a row that repeats it is unreadable.
    ///   - now: the time when the answer arrived.
    /// - Returns: the token, or the reason why there is none.
    func read(_ row: ArraySlice<UInt8>, secret: String, at now: Instant) -> Row {
        var evidence = Evidence(secret: secret, now: now)
        do {
            evidence.body = try scanner.scan(Array(row))
        } catch {
            return .unreadable(id: nil, "\(error)")
        }
        var id: String?
        do throws(Unreadable) {
            if evidence.hit(skipIf) != nil { return .skipped(id: try? self.id(evidence)) }
            let known = try self.id(evidence)
            id = known
            if facts.isToSkip(evidence) { return .skipped(id: id) }
            let isExpired = evidence.hit(expiredIf) != nil
            let facts =
                isExpired ? self.facts.partialFacts(evidence) : try self.facts.facts(evidence)
            return .token(ListedToken(id: known, facts: facts))
        } catch {
            return .unreadable(id: id, id.map { "\($0): \(error.message)" } ?? error.message)
        }
    }

    private func id(_ evidence: Evidence) throws(Unreadable) -> String {
        let text: String
        switch evidence.found(idPlace) {
        case .string(let string): text = string
        case .integer(let number): text = String(number)
        case .absent: throw Unreadable("\(idPlace.label) is missing")
        case let other:
            throw Unreadable(
                "\(idPlace.label): expected a string or an integer, found \(other.kind)"
            )
        }
        guard (1...ListedToken.maximumIDBytes).contains(text.utf8.count),
            !text.unicodeScalars.contains(where: {
                $0.value < 0x20 || (0x7f..<0xa0).contains($0.value)
            })
        else {
            throw Unreadable(
                "\(idPlace.label): expected 1 to \(ListedToken.maximumIDBytes) bytes without"
                    + " control characters"
            )
        }
        guard !evidence.repeatsSecret(text) else {
            throw Unreadable("\(idPlace.label) contains the secret itself")
        }
        return text
    }

    /// Returns the URL or cursor of the next page in an answer; nil ends the list.
    func next(_ source: Source, of answer: HTTPAnswer) throws(Unreadable) -> String? {
        let found: JSONFound
        switch source {
        case .header(let name):
            found = answer.headers[name].map { .string($0) } ?? .absent
        case .body, .claim:
            do {
                found = try nextScanner?.scan(answer.body.withoutByteOrderMark).first ?? .absent
            } catch {
                throw Unreadable("the list is not JSON: \(error)")
            }
        }
        switch found {
        case .absent, .null, .bool(false): return nil
        case .string(let text): return text.isEmpty ? nil : text
        case .integer(let number): return String(number)
        case let other:
            throw Unreadable("\(source.label): expected a string, found \(other.kind)")
        }
    }
}
